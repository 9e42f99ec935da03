"""A doctor's schedule over HTTP."""

from datetime import datetime
from typing import Any

import httpx

from tests.support.factories import bearer

HOURS, TIME_OFF = "/api/doctors/me/working-hours/", "/api/doctors/me/time-off/"


def interval(weekday: int, start: str, end: str) -> dict[str, Any]:
    """Return hours of one day, as the API writes them."""
    return {"weekday": weekday, "start": start, "end": end}


async def week(client: httpx.AsyncClient, doctor: int) -> list[dict[str, Any]]:
    """Return a doctor's working hours."""
    answer = await client.get(HOURS, headers=bearer(doctor, "doctor"))
    assert answer.status_code == 200, answer.text
    hours: list[dict[str, Any]] = answer.json()["working_hours"]
    return hours


async def put_week(client: httpx.AsyncClient, doctor: int, *intervals: dict[str, Any], **how: object) -> httpx.Response:
    """Ask to replace a doctor's working hours."""
    body = {"working_hours": list(intervals), **how}
    return await client.put(HOURS, headers=bearer(doctor, "doctor"), json=body)


async def take_off(
    client: httpx.AsyncClient, doctor: int, start: datetime, end: datetime, **how: object
) -> httpx.Response:
    """Ask to take a time off."""
    body = {"start": start.isoformat(), "end": end.isoformat(), **how}
    return await client.post(TIME_OFF, headers=bearer(doctor, "doctor"), json=body)


async def times_off(client: httpx.AsyncClient, doctor: int) -> list[dict[str, Any]]:
    """Return a doctor's times off."""
    answer = await client.get(TIME_OFF, headers=bearer(doctor, "doctor"))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def ids_in(answer: dict[str, Any]) -> list[int]:
    """Return the ids of the appointments that a change affects."""
    return [appointment["id"] for appointment in answer["affected"]]
