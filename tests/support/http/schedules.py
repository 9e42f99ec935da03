"""A doctor's working hours and time off over HTTP."""

from datetime import datetime
from typing import Any

import httpx
from httpx import AsyncClient

from tests.support.factories import bearer
from tests.support.http.answers import json_of

HOURS, TIME_OFF = "/api/doctors/me/working-hours/", "/api/doctors/me/time-off/"


def interval(weekday: int, start: str, end: str) -> dict[str, Any]:
    """Return the hours of one day, as the API writes them."""
    return {"weekday": weekday, "start": start, "end": end}


def every_day(start: str, end: str) -> list[dict[str, Any]]:
    return [interval(day, start, end) for day in range(1, 8)]


async def week(client: AsyncClient, doctor: int) -> list[dict[str, Any]]:
    hours: list[dict[str, Any]] = json_of(await client.get(HOURS, headers=bearer(doctor, "doctor")))["working_hours"]
    return hours


async def put_week(client: AsyncClient, doctor: int, *intervals: dict[str, Any], **how: object) -> httpx.Response:
    body = {"working_hours": list(intervals), **how}
    return await client.put(HOURS, headers=bearer(doctor, "doctor"), json=body)


async def take_off(client: AsyncClient, doctor: int, start: datetime, end: datetime, **how: object) -> httpx.Response:
    body = {"start": start.isoformat(), "end": end.isoformat(), **how}
    return await client.post(TIME_OFF, headers=bearer(doctor, "doctor"), json=body)


async def times_off(client: AsyncClient, doctor: int) -> list[dict[str, Any]]:
    return list(json_of(await client.get(TIME_OFF, headers=bearer(doctor, "doctor"))))


def ids_in(answer: dict[str, Any]) -> list[int]:
    """Return the ids of the appointments that a change affects."""
    return [appointment["id"] for appointment in answer["affected"]]
