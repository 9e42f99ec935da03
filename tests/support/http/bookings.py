"""Booking and canceling over HTTP."""

from datetime import datetime, timedelta

import httpx
from asyncpg import Connection
from httpx import AsyncClient

from tests.support.db.past_visits import ago, visit
from tests.support.factories import SLOT, a_slot, bearer
from tests.support.http.answers import json_of
from tests.support.servers.databases import Database

APPOINTMENTS = "/api/appointments/appointments/"
SOON = timedelta(seconds=30)  # longer than the time between choosing a slot and booking it


def slot_at(moment: datetime) -> datetime:
    """Return the start of the half hour that contains a moment."""
    return moment - (moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)) % SLOT


async def post_booking(
    client: AsyncClient, caller: int, doctor: int, start: datetime, **fields: object
) -> httpx.Response:
    body = {"doctor": doctor, "appointment_date": start.isoformat(), **fields}
    return await client.post(APPOINTMENTS, headers=bearer(caller, "patient"), json=body)


async def booked(client: AsyncClient, patient: int, doctor: int, start: datetime) -> int:
    """Book a doctor's slot as a patient; return the appointment's id."""
    appointment: int = json_of(await post_booking(client, patient, doctor, start), 201)["id"]
    return appointment


async def cancel(client: AsyncClient, patient: int, appointment: int) -> httpx.Response:
    return await client.post(f"{APPOINTMENTS}{appointment}/cancel/", headers=bearer(patient, "patient"))


async def add_inactive(client: AsyncClient, database: Database, doctor: int, patient: int) -> None:
    """Add a past visit, one that has started, a lapsed hold and a canceled appointment."""
    await visit(database, doctor, patient, ago(days=1))
    await visit(database, doctor, patient, ago(minutes=1), seat=2)
    await visit(database, doctor, patient, a_slot(), status="pending", hold_expires_at=ago(minutes=1), seat=3)
    await cancel(client, patient, await booked(client, patient, doctor, a_slot(5)))


async def count_bookings(db: Connection, doctor: int) -> int:
    """Return how many appointments a doctor has, of any status."""
    number: int = await db.fetchval("SELECT count(*) FROM appointment WHERE doctor_id = $1", doctor)
    return number
