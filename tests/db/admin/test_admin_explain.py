"""explain_refusal names the rule that refuses the booking."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from random import Random

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection

from tests.db.admin.random_practice import Practice, make_practice, random_case
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.servers.databases import Database, connected

EXPLAIN = "SELECT rule, ok, why FROM admin.explain_refusal($1, $2, $3)"
RULES = [
    "appointment_doctor_id_fkey",
    "appointment_patient_id_fkey",
    "appointment_doctor_verified",
    "appointment_booking_window",
    "appointment_within_working_hours",
    "appointment_doctor_no_overlap",
    "appointment_patient_no_overlap",
    "appointment_patient_hold_limit",
    "appointment_doctor_cap",
]
# Explains each case, then tries it and undoes it, so that the next case meets the same practice.
JUDGE = """
    CREATE FUNCTION pg_temp.judge(doctors bigint[], patients bigint[], starts timestamptz[])
    RETURNS TABLE (doctor bigint, patient bigint, start timestamptz, said text[], met text, claimed boolean)
    LANGUAGE plpgsql AS $$
    DECLARE
        booked bigint;
    BEGIN
        FOR n IN 1..cardinality(doctors) LOOP
            doctor := doctors[n]; patient := patients[n]; start := starts[n]; claimed := false;
            SELECT coalesce(array_agg(e.rule), '{}') INTO said
            FROM admin.explain_refusal(doctor, patient, start) AS e WHERE NOT e.ok;
            BEGIN
                SELECT b.id INTO booked FROM book(patient, doctor, start) AS b;
                claimed := was_claimed(booked);
                RAISE EXCEPTION USING ERRCODE = 'BK001';
            EXCEPTION
                WHEN SQLSTATE 'BK001' THEN
                    met := '';
                WHEN integrity_constraint_violation THEN
                    GET STACKED DIAGNOSTICS met = CONSTRAINT_NAME;
            END;
            RETURN NEXT;
        END LOOP;
    END
    $$
"""
# Each case leaves dead rows, which make sequential scans slow. Plans for each value are not faster than generic ones.
QUICK = {"enable_seqscan": "off", "plan_cache_mode": "force_generic_plan"}
CASES = 10_000
SEED = 8


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def practice(database: Database) -> AsyncIterator[tuple[Connection, Practice, Random]]:
    """A superuser's connection, a practice, and the random numbers that made it."""
    async with connected(database.superuser, **QUICK) as root:
        rng = Random(SEED)
        yield root, await make_practice(root, rng), rng


@pytest.mark.timeout(900)
async def test_it_names_the_rule_that_refuses_the_booking(practice: tuple[Connection, Practice, Random]) -> None:
    root, people, rng = practice
    await root.execute(JUDGE)
    cases = [random_case(people, rng) for _ in range(CASES)]
    judged = await root.fetch("SELECT * FROM pg_temp.judge($1, $2, $3)", *map(list, zip(*cases, strict=True)))
    strange = set(people.doctors) | {0, people.patients[-1] + 1}
    wrong = [
        row
        for row in judged
        # a booking checks last that the patient exists, when the row is inserted
        if (row["met"] not in row["said"] if row["patient"] in strange else row["met"] != (row["said"] or [""])[0])
    ]
    assert wrong == []
    said, met = Counter(rule for row in judged for rule in row["said"]), Counter(row["met"] for row in judged)
    assert all(said[rule] >= 20 for rule in RULES), said
    assert all(met[rule] >= 20 for rule in ("", *RULES)), met
    assert sum(row["claimed"] for row in judged) >= 20  # by a booking


async def test_each_rule_is_shown_with_its_reason(owner: Connection, admin: Connection) -> None:
    doctor, patient = await make_doctor(owner, verified_at=datetime.now(UTC)), await make_patient(owner)
    rows = await admin.fetch(EXPLAIN, doctor, patient, a_slot() + timedelta(minutes=1))
    assert [row["rule"] for row in rows] == RULES
    assert [(row["rule"], row["why"]) for row in rows if not row["ok"]] == [
        ("appointment_within_working_hours", "This is not one of the doctor's slots (time zone UTC).")
    ]
    assert all(row["why"] is None for row in rows if row["ok"])


async def test_without_a_doctor_nothing_else_is_known(owner: Connection, admin: Connection) -> None:
    rows = await admin.fetch(EXPLAIN, 0, await make_patient(owner), a_slot())
    assert [row["rule"] for row in rows] == RULES
    assert [row["ok"] for row in rows] == [False, True, *[None] * 7]
    assert rows[0]["why"] == "There is no doctor 0."


async def test_it_changes_nothing(practice: tuple[Connection, Practice, Random], admin: Connection) -> None:
    root, people, _ = practice
    count = (
        "SELECT (SELECT count(*) FROM offer), (SELECT sum(booking_seq) FROM doctor), (SELECT count(*) FROM appointment)"
    )
    before = await root.fetchrow(count)
    for doctor in people.doctors:
        await admin.fetch(EXPLAIN, doctor, people.patients[0], a_slot())
    assert await root.fetchrow(count) == before


@pytest.mark.parametrize("given", [(None, 2, a_slot()), (1, None, a_slot()), (1, 2, None)])
async def test_all_three_are_needed(admin: Connection, given: tuple[object, ...]) -> None:
    with pytest.raises(asyncpg.InvalidParameterValueError) as caught:
        await admin.fetch(EXPLAIN, *given)
    assert "admin.explain_refusal(1, 2, " in caught.value.as_dict()["hint"]


async def test_an_offered_slot_is_free_for_its_patient(owner: Connection, app: Connection, admin: Connection) -> None:
    doctor = await make_doctor(owner, fee=0, max_appointments=1, verified_at=datetime.now(UTC))
    holder, waiting, stranger = [await make_patient(owner) for _ in range(3)]
    appointment = await book(app, holder, doctor, a_slot())
    await app.fetch("SELECT FROM join_waitlist($1, $2, NULL)", waiting, doctor)
    await app.fetch("SELECT FROM cancel_as_patient($1, $2)", holder, appointment)
    for patient, broken in ((waiting, []), (stranger, ["appointment_doctor_no_overlap", "appointment_doctor_cap"])):
        rows = await admin.fetch(EXPLAIN, doctor, patient, a_slot())
        assert [row["rule"] for row in rows if not row["ok"]] == broken
        assert [
            row[0] for row in await app.fetch("SELECT rule FROM explain_booking($1, $2, $3)", patient, doctor, a_slot())
        ] == broken
