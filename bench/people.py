"""Creates doctors, patients and bookable wishes with bulk statements."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

import asyncpg

from app.domain.auth.passwords import hash_password
from app.domain.auth.tokens import Role, access_token
from bench.stack import SECRET

SEATS = 30
SLOT = timedelta(minutes=30)
ACCOUNTS = """
    INSERT INTO account (username, email, password_hash, role)
    SELECT $1 || n, $1 || n || '@example.com', '-', $2 FROM generate_series(1, $3) AS n
    RETURNING id
"""
PATIENTS = "INSERT INTO patient (account_id, full_name) SELECT id, 'Patient ' || id FROM unnest($1::bigint[]) AS id"
DOCTORS = """
    INSERT INTO doctor (account_id, full_name, specialty, fee, max_appointments)
    SELECT id, 'Dr ' || id, $2, 0, $3 FROM unnest($1::bigint[]) AS id
"""
HOURS = """
    INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute)
    SELECT id, weekday, $3, $4 FROM unnest($1::bigint[]) AS id, generate_series(1, $2) AS weekday
"""
UNLIKE_DOCTORS = """
    INSERT INTO doctor (account_id, full_name, specialty, fee, slot_minutes, buffer_minutes)
    SELECT
        id, 'Dr ' || id, $2, 0,
        ('{15,20,30,30,30,45,60}'::int[])[1 + id % 7], ('{0,0,0,5,10}'::int[])[1 + id / 7 % 5]
    FROM unnest($1::bigint[]) AS id
"""
UNLIKE_HOURS = """
    INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute)
    SELECT id, weekday, start_minute, end_minute
    FROM unnest($1::bigint[]) AS id
    CROSS JOIN LATERAL (VALUES
        (420 + 30 * (id / 35 % 7), 720 + 30 * (id / 245 % 3)),
        (780 + 30 * (id / 735 % 3), 900 + 30 * (id / 2205 % 11))
    ) AS h (start_minute, end_minute)
    CROSS JOIN generate_series(1, 5) AS weekday
    WHERE start_minute < end_minute
"""
NAMES = "UPDATE account SET password_hash = $2 WHERE id = ANY ($1) RETURNING username"
PASSWORD = "many people at once"  # noqa: S105  for generated accounts
AROUND_THE_CLOCK, OFFICE = (7, 0, 1440), (5, 540, 1020)  # days of the week from Monday on, first and last minute


def token(account_id: int, role: Role) -> str:
    """Return an access token."""
    return access_token(SECRET, account_id, role, generation=1)


class Wish(NamedTuple):
    """A booking that will succeed: a patient, a doctor, and a slot that no other wish uses."""

    patient: int
    doctor: int
    start: datetime

    @property
    def token(self) -> str:
        """The patient's access token."""
        return token(self.patient, "patient")


def a_slot(number: int) -> datetime:
    """Return the start of half-hour slot `number`, all of which are before the cancellation deadline."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return now + timedelta(days=4, hours=1) + number * SLOT


async def make_patients(db: asyncpg.Connection, number: int) -> list[int]:
    """Create patients and return their ids."""
    ids = await _accounts(db, "patient", number)
    await db.execute(PATIENTS, ids)
    return ids


async def make_doctors(
    db: asyncpg.Connection,
    number: int,
    *,
    specialty: str = "General Practice",
    seats: int = SEATS,
    hours: tuple[int, int, int] = AROUND_THE_CLOCK,
) -> list[int]:
    """Create doctors without a fee and return their ids."""
    ids = await _accounts(db, "doctor", number)
    await db.execute(DOCTORS, ids, specialty, seats)
    await db.execute(HOURS, ids, *hours)
    return ids


async def make_unlike_doctors(db: asyncpg.Connection, number: int, *, specialty: str) -> None:
    """Create doctors with different working hours, breaks and slot lengths, in hundreds of combinations."""
    ids = await _accounts(db, "doctor", number)
    await db.execute(UNLIKE_DOCTORS, ids, specialty)
    await db.execute(UNLIKE_HOURS, ids)


async def make_wishes(db: asyncpg.Connection, patients: Sequence[int], *, first_slot: int = 0) -> list[Wish]:
    """Return a wish for each of `patients`, starting at slot `first_slot` (see a_slot), and create enough doctors.

    Neighbouring wishes in the list are for different doctors.
    """
    doctors = await make_doctors(db, -(-len(patients) // SEATS))
    return [
        Wish(patient, doctors[n % len(doctors)], a_slot(first_slot + n // len(doctors)))
        for n, patient in enumerate(patients)
    ]


async def with_passwords(db: asyncpg.Connection, people: list[int]) -> list[str]:
    """Set the password of all `people` to PASSWORD, and return their usernames."""
    rows = await db.fetch(NAMES, people, await hash_password(PASSWORD))
    return [row["username"] for row in rows]


async def forget_mails(db: asyncpg.Connection) -> None:
    """Mark all queued mails as sent, so that the preparation does not affect the measurement."""
    async with db.transaction():
        await db.execute("SET LOCAL session_replication_role = replica")
        await db.execute("UPDATE notification SET status = 'sent' WHERE status = 'queued'")


async def _accounts(db: asyncpg.Connection, role: Role, number: int) -> list[int]:
    rows = await db.fetch(ACCOUNTS, f"{role}-{uuid4().hex[:12]}-", role, number)
    return [row["id"] for row in rows]
