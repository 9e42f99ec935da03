"""Full doctors, waiting patients and their offers."""

from datetime import datetime, timedelta
from typing import Any

from asyncpg import Connection

from tests.support.db.refusals import triggers_off
from tests.support.factories import a_slot, book, make_doctor, make_patient, make_patients

JOIN = "SELECT id FROM join_waitlist($1, $2, $3)"
CANCEL = "SELECT * FROM cancel_as_patient($1, $2)"
CLAIM = "SELECT * FROM claim_offer($1, $2)"
DECLINE = "SELECT * FROM decline_offer($1, $2)"
SWEEP = "SELECT sweep_doctor($1)"
LIVE = """
    SELECT w.patient_id, o.id FROM offer AS o
    INNER JOIN waitlist_entry AS w ON w.id = o.waitlist_entry_id INNER JOIN appointment AS a ON a.id = o.appointment_id
    WHERE a.doctor_id = $1 AND o.status IN ('queued', 'sent') ORDER BY o.id
"""
# Make rows older, so that time seems to pass.
BEFORE = """
    UPDATE appointment SET created_at = created_at - $2::interval, updated_at = updated_at - $2 WHERE doctor_id = $1
"""
LATER = """
    UPDATE offer AS o SET created_at = o.created_at - $2::interval, due_at = due_at - $2, expires_at = expires_at - $2
    FROM appointment AS a WHERE a.id = appointment_id AND a.doctor_id = $1
"""


async def full_doctor(db: Connection, *, seats: int = 1, **columns: Any) -> tuple[int, int, list[int]]:
    """Add a doctor all of whose seats one patient has, from a_slot() on; return both and the appointments."""
    doctor = await make_doctor(db, max_appointments=seats, **{"fee": 0} | columns)
    holder = await make_patient(db)
    return doctor, holder, [await book(db, holder, doctor, a_slot(n)) for n in range(seats)]


async def waiting(db: Connection, doctor: int, number: int) -> list[int]:
    """Add patients who wait for a doctor on any day."""
    patients = await make_patients(db, number)
    for patient in patients:
        await db.fetch(JOIN, patient, doctor, None)
    return patients


async def freed_slot(db: Connection, number: int = 1, **columns: Any) -> tuple[int, dict[int, int]]:
    """Cancel a full doctor's only appointment while patients wait; return the doctor and the offers by patient."""
    doctor, holder, (appointment,) = await full_doctor(db, **columns)
    await waiting(db, doctor, number)
    await db.fetch(CANCEL, holder, appointment)
    return doctor, await offers(db, doctor)


async def offers(db: Connection, doctor: int) -> dict[int, int]:
    """Return the live offers of a doctor's slots by patient, oldest first."""
    return {row["patient_id"]: row["id"] for row in await db.fetch(LIVE, doctor)}


async def on_offer(db: Connection, doctor: int) -> list[datetime]:
    """Return the starts of a doctor's offered slots."""
    rows = await db.fetch(
        "SELECT lower(during) FROM appointment WHERE doctor_id = $1 AND status = 'offered' ORDER BY 1", doctor
    )
    return [row[0] for row in rows]


async def free(db: Connection, doctor: int) -> list[datetime]:
    """Return the starts of a doctor's free slots."""
    rows = await db.fetch("SELECT starts_at FROM free_slots($1, '-infinity', 'infinity')", doctor)
    return [row[0] for row in rows]


async def pass_time(root: Connection, doctor: int, time: timedelta) -> None:
    """Make a doctor's appointments and offers older, and sweep the doctor if a sweep is due."""
    async with triggers_off(root):
        await root.execute(LATER, doctor, time)
        await root.execute(BEFORE, doctor, time)
    if doctor in [row["doctor_id"] for row in await root.fetch("SELECT doctor_id FROM doctor_to_sweep")]:
        await root.execute(SWEEP, doctor)


async def end_visit(root: Connection, appointment: int) -> None:
    """Move an appointment into the past, without completing it."""
    async with triggers_off(root):
        await root.execute(
            "UPDATE appointment SET during = tstzrange(now() - interval '40 min', now()) WHERE id = $1", appointment
        )


async def statuses(db: Connection, doctor: int) -> list[str]:
    """Return the statuses of a doctor's waitlist entries, in order of position."""
    rows = await db.fetch("SELECT status FROM waitlist_entry WHERE doctor_id = $1 ORDER BY priority_class, id", doctor)
    return [row["status"] for row in rows]
