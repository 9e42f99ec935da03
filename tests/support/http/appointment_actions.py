"""Operations on an appointment over HTTP, and their effects in the database."""

import asyncpg
import httpx
from httpx import AsyncClient

from app.domain.auth.tokens import Role
from tests.support.factories import bearer
from tests.support.http.bookings import APPOINTMENTS


async def call_appointment(
    client: AsyncClient, role: Role, caller: int, appointment: int, call: str, **body: object
) -> httpx.Response:
    """Call one of an appointment's operations, with a body if it has fields."""
    path = f"{APPOINTMENTS}{appointment}/{call}/"
    return await client.post(path, headers=bearer(caller, role), json=body or None)


async def as_patient(client: AsyncClient, patient: int, appointment: int, call: str, **body: object) -> httpx.Response:
    return await call_appointment(client, "patient", patient, appointment, call, **body)


async def as_doctor(client: AsyncClient, doctor: int, appointment: int, call: str, **body: object) -> httpx.Response:
    return await call_appointment(client, "doctor", doctor, appointment, call, **body)


async def row_of(db: asyncpg.Connection, appointment: int) -> asyncpg.Record:
    row = await db.fetchrow("SELECT * FROM appointment WHERE id = $1", appointment)
    assert row is not None
    return row


async def notified_accounts(db: asyncpg.Connection, doctor: int, kind: str) -> list[int]:
    """Return the recipients of one kind of mail about a doctor's appointments, in order."""
    rows = await db.fetch(
        "SELECT account_id FROM notification AS n INNER JOIN appointment AS a ON n.appointment_id = a.id"
        " WHERE a.doctor_id = $1 AND n.kind = $2 ORDER BY n.id",
        doctor,
        kind,
    )
    return [row["account_id"] for row in rows]
