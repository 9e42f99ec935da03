"""Slots follow the doctor's local time, also when clocks change within the next fifteen days."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from asyncpg import Connection
from httpx import AsyncClient

from tests.api.doctors.test_free_slots import slots
from tests.support.factories import SLOT, make_doctor, make_patient
from tests.support.http.answers import instant, json_of
from tests.support.http.bookings import post_booking
from tests.support.http.schedules import every_day, put_week

DAY, WINDOW = timedelta(days=1), timedelta(hours=360)


def changing() -> list[str]:
    """Return up to three zones whose clocks change within the booking window."""
    now = datetime.now(UTC)
    offsets = {name: [t.astimezone(ZoneInfo(name)).utcoffset() for t in (now, now + WINDOW)] for name in ZONES}
    return sorted(name for name, (first, last) in offsets.items() if first != last)[:3]


ZONES = available_timezones() - {"Factory", "localtime"}
ALWAYS = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"]
in_every_zone = pytest.mark.parametrize("name", ALWAYS + changing())


def half_hours(zone: ZoneInfo, start: int, end: int) -> Iterator[datetime]:
    """Yield the half hours between two full hours of each local day, as many as there are when clocks change."""
    today = datetime.now(zone)
    for number in range(18):
        day = today.date() + number * DAY
        first, last = (
            datetime(on.year, on.month, on.day, hour % 24, tzinfo=zone).astimezone(UTC)
            for hour, on in ((start, day), (end, day + end // 24 * DAY))
        )
        while first + SLOT <= last:
            yield first
            first += SLOT


@in_every_zone
@pytest.mark.parametrize("hours", [(0, 24), (9, 17), (22, 24)])
async def test_the_hours_are_the_doctors(
    client: AsyncClient, owner: Connection, name: str, hours: tuple[int, int]
) -> None:
    doctor, patient = await make_doctor(owner, timezone=name, fee=0), await make_patient(owner)
    start, end = (f"{hour:02}:00" for hour in hours)
    json_of(await put_week(client, doctor, *every_day(start, end)))
    before = datetime.now(UTC)
    found = await slots(client, doctor)
    after = datetime.now(UTC)
    expected = list(half_hours(ZoneInfo(name), *hours))
    assert found in [[t for t in expected if at < t <= at + WINDOW] for at in (before, after)]
    answer = await post_booking(
        client, patient, doctor, found[-2]
    )  # the last slot may leave the window before it is booked
    assert instant(answer.json()["appointment_date"]) == found[-2]


@in_every_zone
async def test_times_between_slots_are_refused(client: AsyncClient, owner: Connection, name: str) -> None:
    zone, patient = ZoneInfo(name), await make_patient(owner)
    doctor = await make_doctor(owner, timezone=name, hours=tuple((day, 540, 1020) for day in range(1, 8)))
    local = datetime.now(zone) + 3 * DAY
    nine = local.replace(hour=9, minute=0, second=0, microsecond=0)
    for start in (nine - SLOT, nine + SLOT / 2, nine.replace(hour=17)):
        answer = await post_booking(client, patient, doctor, start)
        assert (answer.status_code, answer.json()["code"]) == (422, "appointment_within_working_hours")
        assert name in answer.json()["detail"]
    assert (await post_booking(client, patient, doctor, nine)).status_code == 201
