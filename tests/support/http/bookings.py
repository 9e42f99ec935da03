"""Bookings over HTTP."""

from datetime import datetime, timedelta

import httpx

from tests.support.factories import SLOT, bearer

APPOINTMENTS = "/api/appointments/appointments/"
SOON = timedelta(seconds=30)  # more than passes between choosing a time and booking it


def slot_at(moment: datetime) -> datetime:
    """Return the start of the half hour that a moment is in."""
    return moment - (moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)) % SLOT


async def post_booking(
    client: httpx.AsyncClient, caller: int, doctor: int, start: datetime, **fields: object
) -> httpx.Response:
    """Ask for a doctor's slot as a patient."""
    body = {"doctor": doctor, "appointment_date": start.isoformat(), **fields}
    return await client.post(APPOINTMENTS, headers=bearer(caller, "patient"), json=body)


async def booked(client: httpx.AsyncClient, patient: int, doctor: int, start: datetime) -> int:
    """Book a doctor's slot as a patient; return the appointment's id."""
    answer = await post_booking(client, patient, doctor, start)
    assert answer.status_code == 201, answer.text
    appointment: int = answer.json()["id"]
    return appointment


async def cancel(client: httpx.AsyncClient, patient: int, appointment: int) -> httpx.Response:
    """Ask to cancel an appointment as a patient."""
    return await client.post(f"{APPOINTMENTS}{appointment}/cancel/", headers=bearer(patient, "patient"))
