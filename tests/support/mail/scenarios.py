"""What must have happened for mails to be due."""

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import asyncpg

from tests.support.factories import a_slot, book, make_doctor, make_patient

JOIN = "SELECT * FROM join_waitlist($1, $2, $3)"
CANCEL = "SELECT * FROM cancel_as_patient($1, $2)"
ROWS = """
    SELECT n.*, n.due_at > now() AS later, a.doctor_id
    FROM notification AS n INNER JOIN appointment AS a ON a.id = n.appointment_id ORDER BY n.id
"""


class FullDoctor(NamedTuple):
    """A doctor with room for one, who costs nothing, and the patient who has the place."""

    doctor: int
    holder: int
    appointment: int


async def full_doctor(owner: asyncpg.Connection, app: asyncpg.Connection, slot: int = 0) -> FullDoctor:
    """Let a doctor be booked up; the two mails about it are as good as sent."""
    doctor, holder = await make_doctor(owner, fee=Decimal(0), max_appointments=1), await make_patient(owner)
    appointment = await book(app, holder, doctor, a_slot(slot))
    await owner.execute(
        "UPDATE notification SET status = 'sent', sent_at = now() WHERE appointment_id = $1", appointment
    )
    return FullDoctor(doctor, holder, appointment)


async def join(owner: asyncpg.Connection, patient: int, doctor: int, day: date | None = None) -> int:
    """Let a patient wait; the mail about it is as good as sent. Return the entry's id."""
    async with owner.transaction():  # so that no worker sees the mail before
        entry: int = await owner.fetchval(JOIN, patient, doctor, day)
        await owner.execute(
            "UPDATE notification SET status = 'sent', sent_at = now() WHERE waitlist_entry_id = $1", entry
        )
    return entry


async def cancel(app: asyncpg.Connection, booked_up: FullDoctor) -> None:
    """Let the holder give up the place."""
    assert await app.fetch(CANCEL, booked_up.holder, booked_up.appointment)


async def rows(owner: asyncpg.Connection, booked_up: FullDoctor, version: int = 2) -> list[asyncpg.Record]:
    """Return the outbox's rows about one version of the appointment; 2 is its cancellation, with what is offered then."""
    return [
        row
        for row in await owner.fetch(ROWS)
        if (row["appointment_id"], row["appointment_version"]) == (booked_up.appointment, version)
        or (version == 2 and row["doctor_id"] == booked_up.doctor and row["kind"] == "slot_offered")
    ]


async def outcomes(owner: asyncpg.Connection, booked_up: FullDoctor, version: int = 2) -> list[tuple[Any, ...]]:
    """Return (kind, account, status, outcome) of each row of a version."""
    columns = ("kind", "account_id", "status", "outcome")
    return [tuple(row[c] for c in columns) for row in await rows(owner, booked_up, version)]


async def is_settled(owner: asyncpg.Connection) -> bool:
    """Whether nothing is left in the outbox to be sent."""
    settled: bool = await owner.fetchval("SELECT NOT EXISTS (SELECT FROM notification WHERE status = 'queued')")
    return settled


async def address(owner: asyncpg.Connection, account: int) -> str:
    """Return where an account's mails go."""
    email: str = await owner.fetchval("SELECT email FROM account WHERE id = $1", account)
    return email


async def cancel_while_waiting(
    waiting: int, owner: asyncpg.Connection, app: asyncpg.Connection, slot: int = 0
) -> FullDoctor:
    """Cancel an appointment while a patient waits."""
    booked_up = await full_doctor(owner, app, slot)
    await join(owner, waiting, booked_up.doctor)
    await cancel(app, booked_up)
    return booked_up


async def make_mails_due(owner: asyncpg.Connection) -> None:
    """Let the time pass until every mail in the outbox is due."""
    await owner.execute("UPDATE notification SET due_at = now() WHERE status = 'queued'")
