"""Adds people and bookings directly to the database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import asyncpg
from asyncpg import Connection

from app.domain.auth.tokens import Role, access_token
from tests.conftest import SECRET

_numbers = count(1)
SLOT = timedelta(minutes=30)


async def make_account(db: Connection, role: Role) -> int:
    """Add an account without a usable password; return its id."""
    name = f"{role}{next(_numbers)}"
    account_id: int = await db.fetchval(
        "INSERT INTO account (username, email, password_hash, role) VALUES ($1, $2, '-', $3) RETURNING id",
        name,
        f"{name}@example.com",
        role,
    )
    return account_id


async def make_patient(db: Connection, **columns: Any) -> int:
    """Add a patient; return the account's id."""
    account_id = await make_account(db, "patient")
    await insert(db, "patient", **{"account_id": account_id, "full_name": f"Patient {account_id}"} | columns)
    return account_id


async def make_patients(db: Connection, number: int) -> list[int]:
    return [await make_patient(db) for _ in range(number)]


async def make_doctor(db: Connection, *, hours: tuple[tuple[int, int, int], ...] | None = None, **columns: Any) -> int:
    """Add a doctor with these (weekday, start minute, end minute), by default around the clock; return the id."""
    account_id = await make_account(db, "doctor")
    await insert(db, "doctor", **{"account_id": account_id, "full_name": f"Dr {account_id}"} | columns)
    week = [(day, 0, 1440) for day in range(1, 8)] if hours is None else hours
    await db.executemany(
        "INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute) VALUES ($1, $2, $3, $4)",
        [(account_id, *interval) for interval in week],
    )
    return account_id


async def insert(db: Connection, table: str, **columns: Any) -> None:
    """Insert a row."""
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await db.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", *columns.values())


def a_slot(number: int = 0, *, after: timedelta = timedelta(days=4)) -> datetime:
    """Return the start of a half-hour slot: `number` slots after the first one that is at least `after` from now."""
    earliest = datetime.now(UTC) + after
    first = earliest.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return first + number * SLOT


async def book(db: Connection, patient: int, doctor: int, start: datetime) -> int:
    """Book by calling the SQL function; return the appointment's id."""
    row = await db.fetchrow("SELECT * FROM book($1, $2, $3)", patient, doctor, start)
    assert row is not None
    appointment_id: int = row["id"]
    return appointment_id


async def make_booking(
    owner: Connection, app: Connection, start: datetime | None = None, **doctor: Any
) -> tuple[int, int, int]:
    """Book the first slot, or that at `start`, of a new doctor for a new patient; return the ids of all three."""
    doctor_id, patient = await make_doctor(owner, **doctor), await make_patient(owner)
    return doctor_id, patient, await book(app, patient, doctor_id, start or a_slot())


async def past_appointment(db: Connection, doctor: int, patient: int | None, **columns: Any) -> int:
    """Add an appointment without triggers, as if it was booked earlier. `db` must be a superuser's connection."""
    start = columns.pop("start", datetime.now(UTC) - timedelta(days=1))
    row = {
        "doctor_id": doctor,
        "patient_id": patient,
        "during": asyncpg.Range(start, columns.pop("end", start + SLOT)),
        "status": "pending",
        "seat": 1,
        "cancel_deadline": start - timedelta(hours=72),
        "fee": Decimal(0),
        "currency": "USD",
    } | columns
    async with db.transaction():
        await db.execute("SET LOCAL session_replication_role = replica")
        places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        appointment_id: int = await db.fetchval(
            f"INSERT INTO appointment ({', '.join(row)}) VALUES ({places}) RETURNING id", *row.values()
        )
    return appointment_id


def bearer(account_id: int, role: Role) -> dict[str, str]:
    """Return the headers of an account whose token generation is the first."""
    return {"Authorization": f"Bearer {access_token(SECRET, account_id, role, generation=1)}"}
