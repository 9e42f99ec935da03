"""Situations in which mails are due, and the mails that workers send."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

import asyncpg
from asyncpg import Connection

from app.sandbox.mailbox.messages import Message
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.mail.faulty_mailboxes import FaultyMailbox
from tests.support.servers.worker_process import WorkerProcess, eventually

JOIN = "SELECT * FROM join_waitlist($1, $2, $3)"
CANCEL = "SELECT * FROM cancel_as_patient($1, $2)"
ROWS = """
    SELECT n.*, n.due_at > now() AS later, a.doctor_id
    FROM notification AS n INNER JOIN appointment AS a ON a.id = n.appointment_id ORDER BY n.id
"""


class FullDoctor(NamedTuple):
    """A doctor with one seat and no fee, and the patient who has booked it."""

    doctor: int
    holder: int
    appointment: int


async def is_settled(db: Connection) -> bool:
    """Whether the outbox is empty."""
    settled: bool = await db.fetchval("SELECT NOT EXISTS (SELECT FROM notification WHERE status = 'queued')")
    return settled


class MailScenario:
    """Makes mails due in a database, starts workers, and reads their mailbox."""

    def __init__(
        self, owner: Connection, app: Connection, mailbox: FaultyMailbox, make_worker: Callable[..., WorkerProcess]
    ) -> None:
        self.owner = owner
        self.app = app
        self.mailbox = mailbox
        self._make_worker = make_worker

    async def start_worker(self, **changes: str) -> WorkerProcess:
        """Start a worker, with settings changed by keyword."""
        worker = self._make_worker(**changes)
        await worker.start()
        return worker

    async def full_doctor(self, slot: int = 0) -> FullDoctor:
        """Fill a doctor's only seat, and mark the mails about it as sent."""
        doctor = await make_doctor(self.owner, fee=Decimal(0), max_appointments=1)
        holder = await make_patient(self.owner)
        appointment = await book(self.app, holder, doctor, a_slot(slot))
        await self.owner.execute(
            "UPDATE notification SET status = 'sent', sent_at = now() WHERE appointment_id = $1", appointment
        )
        return FullDoctor(doctor, holder, appointment)

    async def join(self, patient: int, doctor: int, day: date | None = None) -> int:
        """Add a patient to the waitlist, and mark the mail about it as sent. Return the entry's id."""
        async with self.owner.transaction():  # so that no worker sees the mail as queued
            entry: int = await self.owner.fetchval(JOIN, patient, doctor, day)
            await self.owner.execute(
                "UPDATE notification SET status = 'sent', sent_at = now() WHERE waitlist_entry_id = $1", entry
            )
        return entry

    async def cancel(self, booked_up: FullDoctor) -> None:
        """Cancel the appointment as its patient."""
        assert await self.app.fetch(CANCEL, booked_up.holder, booked_up.appointment)

    async def cancel_while_waiting(self, waiting: int | None = None, slot: int = 0) -> FullDoctor:
        """Cancel an appointment while a patient waits, a new one by default."""
        booked_up = await self.full_doctor(slot)
        await self.join(waiting or await make_patient(self.owner), booked_up.doctor)
        await self.cancel(booked_up)
        return booked_up

    async def mark_sent(self) -> None:
        """Mark every mail as sent."""
        await self.owner.execute("UPDATE notification SET status = 'sent', sent_at = now()")

    async def make_mails_due(self) -> None:
        """Make every queued mail due now."""
        await self.owner.execute("UPDATE notification SET due_at = now() WHERE status = 'queued'")

    async def jam(self, table: str, condition: str) -> None:
        """Make updates of a table fail where a condition on the NEW row holds."""
        await self.owner.execute(
            f"""
            CREATE FUNCTION jam() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'jammed'; END $$;
            CREATE TRIGGER jam BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION jam();
            """
        )

    async def rows(self, booked_up: FullDoctor, version: int = 2) -> list[asyncpg.Record]:
        """Return the outbox's rows about a version of the appointment; 2 is the cancellation, with its offers."""
        return [
            row
            for row in await self.owner.fetch(ROWS)
            if (row["appointment_id"], row["appointment_version"]) == (booked_up.appointment, version)
            or (version == 2 and row["doctor_id"] == booked_up.doctor and row["kind"] == "slot_offered")
        ]

    async def statuses(self, booked_up: FullDoctor) -> list[str]:
        """Return the status of each mail about the cancellation."""
        return [row["status"] for row in await self.rows(booked_up)]

    async def outcomes(self, booked_up: FullDoctor, version: int = 2) -> list[tuple[Any, ...]]:
        """Return (kind, account, status, outcome) of each mail about a version."""
        columns = ("kind", "account_id", "status", "outcome")
        return [tuple(row[c] for c in columns) for row in await self.rows(booked_up, version)]

    async def attempts(self, booked_up: FullDoctor) -> list[tuple[str, int]]:
        """Return (status, attempts) of each mail about the cancellation."""
        return [(row["status"], row["attempts"]) for row in await self.rows(booked_up)]

    async def message_ids(self, booked_up: FullDoctor) -> list[str]:
        """Return the Message-ID of each mail about the cancellation."""
        return [f"<{row['message_id']}@clinic.example>" for row in await self.rows(booked_up)]

    async def address(self, account: int) -> str:
        """Return an account's email address."""
        email: str = await self.owner.fetchval("SELECT email FROM account WHERE id = $1", account)
        return email

    async def settled(self, seconds: float = 90) -> list[Message]:
        """Wait until the outbox is empty; return the mails in the mailbox."""
        await eventually(partial(is_settled, self.owner), seconds=seconds)
        return list(self.mailbox.messages)

    async def sent(self) -> list[Message]:
        """Start a worker, wait until the outbox is empty, and return the mails."""
        await self.start_worker()
        return await self.settled()

    async def messages_to(self, account: int) -> list[Message]:
        """Wait until the outbox is empty; return the mails to an account."""
        to = await self.address(account)
        return [message for message in await self.settled() if message.to == to]
