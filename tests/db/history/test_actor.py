"""A direct write to a table is recorded as an admin's, although any session may set booking.actor."""

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.factories import a_slot, make_booking, make_doctor, make_patient

RECORDED = "SELECT acted_as, account_id FROM history WHERE object_kind = $1 ORDER BY changed_at DESC LIMIT 1"
CLAIM = "SET LOCAL booking.actor = '{}:1'; {}"


async def recorded(owner: Connection, admin: Connection, kind: str, statement: str) -> None:
    """Run a statement as booking_admin with booking.actor of a patient, and check that history records an admin."""
    await admin.execute(CLAIM.format("patient", statement))
    (row,) = await owner.fetch(RECORDED, kind)
    assert tuple(row) == ("admin", None)


@pytest.mark.proves("tg_appointment__actor")
async def test_of_appointments(owner: Connection, admin: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    during = f"tstzrange('{a_slot()}', '{a_slot(1)}')"
    insert = f"INSERT INTO appointment (doctor_id, patient_id, during) VALUES ({doctor}, {patient}, {during})"
    await recorded(owner, admin, "appointment", insert)
    cancel = f"UPDATE appointment SET status = 'canceled' WHERE doctor_id = {doctor}"
    await recorded(owner, admin, "appointment", cancel)
    assert await owner.fetchval("SELECT canceled_by FROM appointment WHERE doctor_id = $1", doctor) == "admin"
    told = "SELECT count(*) FROM notification WHERE kind = 'appointment_canceled' AND account_id = $1"
    assert await owner.fetchval(told, patient) == 1


@pytest.mark.proves("tg_waitlist_entry__actor")
async def test_of_waiting(owner: Connection, admin: Connection) -> None:
    doctor, patient = await make_doctor(owner, hours=()), await make_patient(owner)
    join = f"INSERT INTO waitlist_entry (doctor_id, patient_id) VALUES ({doctor}, {patient})"
    await recorded(owner, admin, "waitlist_entry", join)
    leave = f"UPDATE waitlist_entry SET status = 'left' WHERE doctor_id = {doctor}"
    await recorded(owner, admin, "waitlist_entry", leave)


@pytest.mark.proves("tg_policy__actor")
async def test_of_the_policy(owner: Connection, admin: Connection) -> None:
    await recorded(owner, admin, "policy", "UPDATE policy SET hold_minutes = hold_minutes + 1")


@pytest.mark.proves("tg_appointment__actor")
async def test_an_admin_cannot_pose_as_the_purge(owner: Connection, app: Connection, admin: Connection) -> None:
    doctor, _, visit = await make_booking(owner, app, fee=0)
    await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, 'ill', false)", doctor, visit)
    with pytest.raises(asyncpg.CheckViolationError):
        await admin.execute(CLAIM.format("purge", f"UPDATE appointment SET cancel_reason = '' WHERE id = {visit}"))
    assert await owner.fetchval("SELECT cancel_reason FROM appointment WHERE id = $1", visit) == "ill"
