"""`doctors/{id}/slots/`: the free slots of a doctor."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import httpx

from tests.support.factories import SLOT, a_slot, book, make_doctor, make_patient
from tests.support.http.answers import instant, json_of
from tests.support.http.registration import register

WINDOW = timedelta(hours=360)


async def slots(client: httpx.AsyncClient, doctor: int, **query: str) -> list[datetime]:
    """Return the starts of a doctor's free slots, after checking their ends."""
    answer = await client.get(f"/api/doctors/{doctor}/slots/", params=query)
    pairs = [(instant(slot["start"]), instant(slot["end"])) for slot in json_of(answer)]
    assert all(end - start == SLOT for start, end in pairs)
    return [start for start, _ in pairs]


def office_hours(now: datetime, zone: str) -> Iterator[datetime]:
    """Yield the half hours from 9 to 17 of working days that start in the 15 days after `now`."""
    local = now.astimezone(ZoneInfo(zone))
    for day in range(17):
        date = local.date() + timedelta(days=day)
        for half_hour in range(18, 34):
            start = datetime(date.year, date.month, date.day, half_hour // 2, half_hour % 2 * 30, tzinfo=local.tzinfo)
            if date.isoweekday() <= 5 and now < start <= now + WINDOW:
                yield start.astimezone(UTC)


async def test_a_new_doctor_works_monday_to_friday_from_9_to_17(client: httpx.AsyncClient) -> None:
    person = await register(client, "doctor", timezone="Asia/Kolkata")
    before = datetime.now(UTC)
    found = await slots(client, person.id)
    after = datetime.now(UTC)
    assert found in (list(office_hours(before, "Asia/Kolkata")), list(office_hours(after, "Asia/Kolkata")))


async def test_from_is_included_and_to_is_not(client: httpx.AsyncClient, doctor: int) -> None:
    first = a_slot()
    bounds = {"from": first.isoformat(), "to": (first + 4 * SLOT).isoformat()}
    assert await slots(client, doctor, **bounds) == [first + n * SLOT for n in range(4)]
    inside = {"from": (first + timedelta(seconds=1)).isoformat(), "to": (first + 4 * SLOT).isoformat()}
    assert await slots(client, doctor, **inside) == [first + n * SLOT for n in range(1, 4)]


async def test_bounds_may_carry_any_offset(client: httpx.AsyncClient, doctor: int) -> None:
    first = a_slot()
    there = [moment.astimezone(ZoneInfo("Pacific/Auckland")).isoformat() for moment in (first, first + SLOT)]
    assert await slots(client, doctor, **{"from": there[0], "to": there[1]}) == [first]


async def test_one_bound_alone(client: httpx.AsyncClient, doctor: int) -> None:
    middle = a_slot()
    early = await slots(client, doctor, to=middle.isoformat())
    late = await slots(client, doctor, **{"from": middle.isoformat()})
    assert early[-1] == middle - SLOT
    assert late[0] == middle
    assert late[-1] <= datetime.now(UTC) + WINDOW


async def test_there_is_nothing_outside_the_window(client: httpx.AsyncClient, doctor: int) -> None:
    now = datetime.now(UTC)
    assert await slots(client, doctor, to=now.isoformat()) == []
    assert await slots(client, doctor, **{"from": (now + WINDOW + timedelta(minutes=1)).isoformat()}) == []
    assert await slots(client, doctor, **{"from": a_slot(2).isoformat(), "to": a_slot().isoformat()}) == []
    before = await slots(client, doctor)
    ever = await slots(client, doctor, **{"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59.999999Z"})
    assert ever in (before, await slots(client, doctor))


async def test_a_booked_slot_is_not_free(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient, taken = await make_doctor(owner), await make_patient(owner), a_slot()
    bounds = {"from": (taken - SLOT).isoformat(), "to": (taken + 2 * SLOT).isoformat()}
    assert await slots(client, doctor, **bounds) == [taken - SLOT, taken, taken + SLOT]
    await book(owner, patient, doctor, taken)
    assert await slots(client, doctor, **bounds) == [taken - SLOT, taken + SLOT]


async def test_a_doctor_at_the_cap_has_no_free_slot(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_doctor(owner, max_appointments=2), await make_patient(owner)
    await book(owner, patient, doctor, a_slot(0))
    assert await slots(client, doctor)
    await book(owner, patient, doctor, a_slot(1))
    assert await slots(client, doctor) == []
