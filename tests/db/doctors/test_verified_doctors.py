"""appointment_doctor_verified: if the policy requires it, unverified doctors cannot be found, booked or waited for."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection

from tests.support.db.refusals import forbidden, refused
from tests.support.factories import a_slot, book, make_doctor, make_patient, make_patients

RULE = "appointment_doctor_verified"
FREE = "SELECT starts_at FROM free_slots($1, '-infinity', 'infinity')"
FOUND = "SELECT DISTINCT doctor FROM search_free_slots($1, '-infinity', 'infinity', 5)"
JOIN = "SELECT * FROM join_waitlist($1, $2, NULL)"
VERIFY = "SELECT admin.verify_doctor($1)"
UNVERIFY = "SELECT admin.verify_doctor($1, false)"
INSERT = "INSERT INTO appointment (doctor_id, patient_id, during) VALUES ($1, $2, $3)"


@pytest_asyncio.fixture(autouse=True)
async def _policy(owner: Connection) -> None:
    await owner.execute("UPDATE policy SET require_verified_doctor = true")


async def is_bookable(db: Connection, doctor: int) -> list[bool]:
    """Return whether a doctor is listed, has free slots, and is found by a search for the doctor's specialty."""
    return [
        bool(await db.fetch("SELECT FROM api_doctor WHERE id = $1", doctor)),
        bool(await db.fetch(FREE, doctor)),
        bool(await db.fetch(FOUND, f"of {doctor}")),
    ]


async def make_unverified(owner: Connection, **columns: Any) -> int:
    """Add an unverified doctor with a unique specialty."""
    doctor = await make_doctor(owner, **columns)
    await owner.execute("UPDATE doctor SET specialty = $2 WHERE account_id = $1", doctor, f"of {doctor}")
    return doctor


@pytest.mark.proves(RULE)
async def test_an_admin_decides_who_is_found_and_booked(owner: Connection, app: Connection, admin: Connection) -> None:
    doctor, patient = await make_unverified(owner), await make_patient(owner)
    assert await is_bookable(app, doctor) == [False] * 3
    with refused(RULE):
        await book(app, patient, doctor, a_slot())
    for writer in (owner, admin):
        with refused(RULE):
            await writer.execute(INSERT, doctor, patient, asyncpg.Range(a_slot(), a_slot(1)))
    since = await admin.fetchval(VERIFY, doctor)
    assert since <= datetime.now(UTC)
    assert await admin.fetchval(VERIFY, doctor) == since
    assert await is_bookable(app, doctor) == [True] * 3
    await book(app, patient, doctor, a_slot())


@pytest.mark.proves(RULE)
async def test_existing_appointments_stay_and_may_move(owner: Connection, app: Connection, admin: Connection) -> None:
    doctor, (patient, other) = await make_unverified(owner), await make_patients(owner, 2)
    await admin.fetch(VERIFY, doctor)
    appointment = await book(app, patient, doctor, a_slot())
    assert await admin.fetchval(UNVERIFY, doctor) is None
    assert await is_bookable(app, doctor) == [False] * 3
    with refused(RULE):
        await book(app, other, doctor, a_slot(1))
    assert await app.fetch("SELECT * FROM reschedule_as_patient($1, $2, $3)", patient, appointment, a_slot(2))
    assert await app.fetch("SELECT * FROM cancel_as_patient($1, $2)", patient, appointment)


@pytest.mark.proves(RULE)
async def test_an_unverified_doctor_has_no_waitlist(owner: Connection, app: Connection, admin: Connection) -> None:
    doctor, patient = await make_unverified(owner, max_appointments=0), await make_patient(owner)
    with refused(RULE):
        await app.fetch(JOIN, patient, doctor)
    with refused(RULE):
        await owner.execute("INSERT INTO waitlist_entry (doctor_id, patient_id) VALUES ($1, $2)", doctor, patient)
    await admin.fetch(VERIFY, doctor)
    assert await app.fetch(JOIN, patient, doctor)


@pytest.mark.proves(RULE)
async def test_the_policy_may_waive_verification(owner: Connection, app: Connection, admin: Connection) -> None:
    doctor = await make_unverified(owner)
    await admin.execute("UPDATE policy SET require_verified_doctor = false")
    assert await is_bookable(app, doctor) == [True] * 3
    await book(app, await make_patient(owner), doctor, a_slot())


async def test_only_an_admin_verifies(owner: Connection, app: Connection) -> None:
    doctor = await make_unverified(owner)
    for statement in (VERIFY, "UPDATE doctor SET verified_at = now() WHERE account_id = $1"):
        with forbidden():
            await app.fetch(statement, doctor)


async def test_only_doctors_are_verified(owner: Connection, admin: Connection) -> None:
    with refused("appointment_doctor_id_fkey"):
        await admin.fetch(VERIFY, await make_patient(owner))


async def test_verification_is_required_by_default(owner: Connection) -> None:
    default = "SELECT column_default FROM information_schema.columns WHERE column_name = 'require_verified_doctor'"
    assert await owner.fetchval(default) == "true"
