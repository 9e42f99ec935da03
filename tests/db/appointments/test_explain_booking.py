"""explain_booking returns every rule that refuses a booking, with its reason, and alternatives cost little."""

from datetime import timedelta

import pytest
from asyncpg import Connection

from app.domain.fields import MAX_ID
from tests.support.db.offers import full_doctor
from tests.support.db.refusals import refused
from tests.support.factories import a_slot, book, make_doctor, make_patient, make_patients

EXPLAIN = "SELECT rule, why FROM explain_booking($1, $2, $3)"
NEAREST = "SELECT * FROM nearest_free_slots($1, $2, $3, NULL, 5)"
LOOKS = "SELECT coalesce(sum(calls), 0) FROM pg_stat_xact_user_functions WHERE funcname = 'booking_rules'"


async def reasons(db: Connection, patient: int, doctor: int, start: object) -> dict[str, str]:
    """Return why a patient cannot book, by rule."""
    return {row["rule"]: row["why"] for row in await db.fetch(EXPLAIN, patient, doctor, start)}


@pytest.mark.proves(
    "appointment_doctor_no_overlap",
    "appointment_patient_no_overlap",
    "appointment_patient_hold_limit",
    "appointment_doctor_cap",
)
async def test_every_rule_in_the_way_is_named(owner: Connection, app: Connection) -> None:
    """The exclusion constraints refuse the booking; the functions of the same names explain it beforehand."""
    doctor, (patient, other) = await make_doctor(owner, max_appointments=1), await make_patients(owner, 2)
    await book(app, other, doctor, a_slot())
    for number in range(5):
        await book(app, patient, await make_doctor(owner), a_slot(number))
    assert list(await reasons(app, patient, doctor, a_slot())) == [
        "appointment_doctor_no_overlap",
        "appointment_patient_no_overlap",
        "appointment_patient_hold_limit",
        "appointment_doctor_cap",
    ]
    with refused("appointment_doctor_no_overlap"):  # the first of them
        await book(app, patient, doctor, a_slot())


@pytest.mark.proves("appointment_booking_window", "appointment_within_working_hours")
async def test_a_time_may_be_wrong_in_two_ways(owner: Connection, app: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    start = a_slot(after=timedelta(days=16)) + timedelta(minutes=1)
    assert list(await reasons(app, patient, doctor, start)) == [
        "appointment_booking_window",
        "appointment_within_working_hours",
    ]


async def test_an_unknown_doctor_has_no_hours(owner: Connection, app: Connection) -> None:
    assert await reasons(app, await make_patient(owner), MAX_ID, a_slot()) == {}


async def test_an_allowed_booking_breaks_no_rule(owner: Connection, app: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    assert await reasons(app, patient, doctor, a_slot()) == {}


@pytest.mark.parametrize(("room", "slots", "looks"), [(False, 0, 1), (True, 5, 6)])
async def test_rules_are_evaluated_once_for_each_returned_slot(
    owner: Connection, root: Connection, *, room: bool, slots: int, looks: int
) -> None:
    doctor = await make_doctor(owner) if room else (await full_doctor(owner))[0]
    patient = await make_patient(owner)
    async with root.transaction():
        await root.execute("SET LOCAL track_functions = 'all'")
        assert len(await root.fetch(NEAREST, patient, doctor, a_slot())) == slots
        assert await root.fetchval(LOOKS) == looks
