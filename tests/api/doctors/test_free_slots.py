"""`doctors/{id}/slots/` and `slots/`: the free slots of one doctor, and the earliest ones of all doctors."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from asyncpg import Connection
from httpx import AsyncClient

from app.api.time_range import TimeRange
from app.db.driver import pooled_connection
from app.db.engine import create_engine
from app.domain.doctors.controller import FOUND
from app.domain.doctors.repository import DoctorRepository
from tests.support.db.past_visits import ago, visit
from tests.support.factories import SLOT, a_slot, book, make_doctor, make_patient
from tests.support.http.answers import instant, json_of
from tests.support.http.bookings import booked, cancel
from tests.support.http.registration import register
from tests.support.http.schedules import take_off
from tests.support.servers.databases import Database

SEARCH = "/api/slots/"
DAY, WINDOW = timedelta(days=1), timedelta(hours=360)


async def slots(client: AsyncClient, doctor: int, **query: str) -> list[datetime]:
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


async def test_a_new_doctor_works_monday_to_friday_from_9_to_17(client: AsyncClient) -> None:
    person = await register(client, "doctor", timezone="Asia/Kolkata")
    before = datetime.now(UTC)
    found = await slots(client, person.id)
    after = datetime.now(UTC)
    assert found in (list(office_hours(before, "Asia/Kolkata")), list(office_hours(after, "Asia/Kolkata")))


async def test_from_is_included_and_to_is_not(client: AsyncClient, doctor: int) -> None:
    first = a_slot()
    bounds = {"from": first.isoformat(), "to": (first + 4 * SLOT).isoformat()}
    assert await slots(client, doctor, **bounds) == [first + n * SLOT for n in range(4)]
    inside = {"from": (first + timedelta(seconds=1)).isoformat(), "to": (first + 4 * SLOT).isoformat()}
    assert await slots(client, doctor, **inside) == [first + n * SLOT for n in range(1, 4)]


async def test_bounds_may_carry_any_offset(client: AsyncClient, doctor: int) -> None:
    first = a_slot()
    there = [moment.astimezone(ZoneInfo("Pacific/Auckland")).isoformat() for moment in (first, first + SLOT)]
    assert await slots(client, doctor, **{"from": there[0], "to": there[1]}) == [first]


async def test_one_bound_alone(client: AsyncClient, doctor: int) -> None:
    middle = a_slot()
    early = await slots(client, doctor, to=middle.isoformat())
    late = await slots(client, doctor, **{"from": middle.isoformat()})
    assert early[-1] == middle - SLOT
    assert late[0] == middle
    assert late[-1] <= datetime.now(UTC) + WINDOW


async def test_there_is_nothing_outside_the_window(client: AsyncClient, doctor: int) -> None:
    now = datetime.now(UTC)
    assert await slots(client, doctor, to=now.isoformat()) == []
    assert await slots(client, doctor, **{"from": (now + WINDOW + timedelta(minutes=1)).isoformat()}) == []
    assert await slots(client, doctor, **{"from": a_slot(2).isoformat(), "to": a_slot().isoformat()}) == []
    before = await slots(client, doctor)
    ever = await slots(client, doctor, **{"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59.999999Z"})
    assert ever in (before, await slots(client, doctor))


async def test_a_booked_slot_is_not_free(client: AsyncClient, owner: Connection) -> None:
    doctor, patient, taken = await make_doctor(owner), await make_patient(owner), a_slot()
    bounds = {"from": (taken - SLOT).isoformat(), "to": (taken + 2 * SLOT).isoformat()}
    assert await slots(client, doctor, **bounds) == [taken - SLOT, taken, taken + SLOT]
    await book(owner, patient, doctor, taken)
    assert await slots(client, doctor, **bounds) == [taken - SLOT, taken + SLOT]


async def test_a_doctor_at_the_cap_has_no_free_slot(client: AsyncClient, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner, max_appointments=2), await make_patient(owner)
    await book(owner, patient, doctor, a_slot(0))
    assert await slots(client, doctor)
    await book(owner, patient, doctor, a_slot(1))
    assert await slots(client, doctor) == []


class Found(NamedTuple):
    doctor: int
    start: datetime
    end: datetime


async def search(client: AsyncClient, **query: object) -> list[Found]:
    """Return the slots that a search finds, after checking their order."""
    answer = await client.get(SEARCH, params={name: str(value) for name, value in query.items()})
    found = [Found(slot["doctor"], instant(slot["start"]), instant(slot["end"])) for slot in json_of(answer)]
    assert found == sorted(found, key=lambda slot: (slot.start, slot.doctor))
    return found


def between(first: datetime, last: datetime) -> dict[str, str]:
    """Return the parameters that limit a search to an interval."""
    return {"from": first.isoformat(), "to": last.isoformat()}


async def test_the_earliest_of_a_specialty_in_any_case(client: AsyncClient, owner: Connection) -> None:
    start = a_slot()
    first = await make_doctor(owner, specialty="Cardiology")
    second = await make_doctor(owner, specialty="cardiology", slot_minutes=60)
    await make_doctor(owner, specialty="Cardiology and more")
    found = await search(client, specialty="CARDIOLOGY", limit=4, **between(start, start + DAY))
    assert found == [
        Found(first, start, start + SLOT),
        Found(second, start, start + 2 * SLOT),
        Found(first, start + SLOT, start + 2 * SLOT),
        Found(first, start + 2 * SLOT, start + 3 * SLOT),
    ]
    assert await search(client, specialty="cardio") == []


async def test_all_doctors_without_a_specialty(client: AsyncClient, owner: Connection) -> None:
    doctors = {await make_doctor(owner, specialty=specialty) for specialty in ("", "Eyes", "Ears")}
    start = a_slot()
    found = await search(client, **between(start, start + SLOT))
    assert doctors <= {slot.doctor for slot in found}
    assert {slot.start for slot in found if slot.doctor in doctors} == {start}


async def test_search_from_is_included_and_to_is_not(client: AsyncClient, owner: Connection) -> None:
    doctor, first = await make_doctor(owner, specialty="Bounds"), a_slot()
    found = await search(client, specialty="Bounds", **between(first, first + 4 * SLOT))
    assert found == [Found(doctor, first + n * SLOT, first + (n + 1) * SLOT) for n in range(4)]
    inside = between(first + timedelta(seconds=1), first + 4 * SLOT)
    assert (await search(client, specialty="Bounds", **inside))[0].start == first + SLOT
    assert await search(client, specialty="Bounds", **between(first, first)) == []
    assert await search(client, specialty="Bounds", **between(first + SLOT, first)) == []


async def test_search_there_is_nothing_outside_the_window(client: AsyncClient, owner: Connection) -> None:
    doctor = await make_doctor(owner, specialty="Window")
    everything = between(datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
    for query in ({}, everything):
        before = await slots(client, doctor)
        found = await search(client, specialty="Window", limit=3, **query)
        after = await slots(client, doctor)
        assert [slot.start for slot in found] in (before[:3], after[:3])
    late = await search(client, specialty="Window", **{"from": (datetime.now(UTC) + 16 * DAY).isoformat()})
    assert late == []
    last = await search(client, specialty="Window", limit=200, **{"from": (datetime.now(UTC) + 14 * DAY).isoformat()})
    assert last[-1].start <= datetime.now(UTC) + 15 * DAY


async def test_a_limit_counts_slots_of_all_doctors_together(client: AsyncClient, owner: Connection) -> None:
    doctors = [await make_doctor(owner, specialty="Limits") for _ in range(3)]
    start = a_slot()
    for limit, expected in ((1, [0]), (2, [0, 1]), (4, [0, 1, 2, 0])):
        found = await search(client, specialty="limits", limit=limit, **{"from": start.isoformat()})
        assert [slot.doctor for slot in found] == [doctors[n] for n in expected]
    assert len(await search(client, specialty="limits")) == 50
    assert len(await search(client, specialty="limits", limit=200)) == 200


async def test_doctors_who_cannot_be_booked_are_not_found(
    client: AsyncClient, owner: Connection, database: Database
) -> None:
    start, patient = a_slot(), await make_patient(owner)
    full, closed, away, idle, lapsed, free = [
        await make_doctor(owner, specialty="Nobody", **columns)
        for columns in ({"max_appointments": 1}, {"max_appointments": 0}, {}, {"hours": ()}, {}, {})
    ]
    held = await booked(client, patient, full, start + 9 * SLOT)
    await take_off(client, away, start - DAY, start + DAY)
    await visit(database, lapsed, patient, start, status="pending", hold_expires_at=ago(minutes=1))
    query = {"specialty": "nobody", **between(start, start + 2 * SLOT)}
    expected = [Found(doctor, start + n * SLOT, start + (n + 1) * SLOT) for n in range(2) for doctor in (lapsed, free)]
    assert await search(client, **query) == expected
    await booked(client, patient, free, start)
    assert await search(client, **query) == [slot for slot in expected if slot[:2] != (free, start)]
    await cancel(client, patient, held)
    assert (full, start) in [slot[:2] for slot in await search(client, **query)]
    assert not {closed, idle, away} & {slot.doctor for slot in await search(client, **query)}


async def test_days_without_slots_are_skipped(client: AsyncClient, owner: Connection) -> None:
    now = datetime.now(UTC)
    doctor = await make_doctor(owner, specialty="Rare", hours=(((now + 3 * DAY).isoweekday(), 600, 630),))
    found = await search(client, specialty="rare")
    assert [slot.start for slot in found] == await slots(client, doctor)
    assert [slot.start.weekday() for slot in found] == [(now + 3 * DAY).weekday()] * len(found)
    assert len(found) == 2


async def test_the_search_is_one_statement(database: Database, owner: Connection) -> None:
    doctor = await make_doctor(owner, specialty="Once")
    engine = create_engine(database.app, application_name="test", pool_size=1)
    try:
        async with pooled_connection(engine) as driver:
            statements: list[str] = []
            driver.add_query_logger(lambda record: statements.append(record.query))
        found = await DoctorRepository(engine).search("once", TimeRange(None, None), after=FOUND.first, limit=5)
        await asyncio.sleep(0)  # query loggers run in the next iteration of the event loop
    finally:
        await engine.dispose()
    assert [slot.doctor for slot in found] == [doctor] * 5
    assert len(statements) == 1
