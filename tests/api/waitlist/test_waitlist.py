"""`appointments/waitlist/`: patients who wait for a full doctor."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from asyncpg import Connection
from httpx import AsyncClient

from app.domain.auth.tokens import Role
from app.domain.fields import MAX_ID
from tests.support.db.offers import full_doctor
from tests.support.factories import a_slot, bearer, book, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_problem, instant, json_of, only_success
from tests.support.http.bookings import booked, cancel

WAITLIST = "/api/appointments/waitlist/"


async def join(client: AsyncClient, caller: int, doctor: int, day: date | None = None) -> httpx.Response:
    body = {"doctor": doctor} | ({"desired_date": day.isoformat()} if day else {})
    return await client.post(WAITLIST, headers=bearer(caller, "patient"), json=body)


async def joined(client: AsyncClient, patient: int, doctor: int, day: date | None = None) -> dict[str, Any]:
    return dict(json_of(await join(client, patient, doctor, day), 201))


async def listed(client: AsyncClient, caller: int, role: Role) -> list[dict[str, Any]]:
    """Return the waitlist entries that a caller sees."""
    return list(json_of(await client.get(WAITLIST, headers=bearer(caller, role))))


async def leave(client: AsyncClient, caller: int, entry: int) -> httpx.Response:
    return await client.delete(f"{WAITLIST}{entry}/", headers=bearer(caller, "patient"))


@pytest_asyncio.fixture
async def full(owner: Connection) -> int:
    """A doctor whose only seat is taken."""
    return (await full_doctor(owner))[0]


async def test_joining_returns_the_entry(client: AsyncClient, full: int, patient: int) -> None:
    before = datetime.now(UTC)
    entry = await joined(client, patient, full)
    assert entry.pop("id") > 0
    assert before <= instant(entry.pop("created_at")) <= datetime.now(UTC)
    assert entry == {"doctor": full, "patient": patient, "desired_date": None, "status": "waiting", "position": 1}


async def test_only_for_a_full_doctor(client: AsyncClient, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    assert_problem(await join(client, patient, doctor), 409, "waitlist_only_when_full")
    assert_problem(await join(client, patient, doctor, a_slot().date()), 409, "waitlist_only_when_full")
    assert await owner.fetchval("SELECT count(*) FROM waitlist_entry WHERE doctor_id = $1", doctor) == 0


async def test_for_a_full_day_although_others_are_free(client: AsyncClient, owner: Connection) -> None:
    noon = a_slot().replace(hour=12)
    week = tuple((day, 720, 750) for day in range(1, 8))  # one slot a day
    doctor, patient = await make_doctor(owner, hours=week), await make_patient(owner)
    await book(owner, await make_patient(owner), doctor, noon)
    entry = await joined(client, patient, doctor, noon.date())
    assert entry["desired_date"] == noon.date().isoformat()
    next_day = noon.date() + timedelta(days=1)
    assert_problem(await join(client, patient, doctor, next_day), 409, "waitlist_only_when_full")
    assert_problem(await join(client, patient, doctor), 409, "waitlist_only_when_full")


@pytest.mark.parametrize("days", [-1, 16])
async def test_only_for_a_day_in_the_window(client: AsyncClient, full: int, patient: int, days: int) -> None:
    day = datetime.now(UTC).date() + timedelta(days=days)
    assert_problem(await join(client, patient, full, day), 422, "waitlist_desired_date_window")


async def test_once_for_each_day_and_once_for_any(client: AsyncClient, full: int, patient: int) -> None:
    day = a_slot().date()
    for wanted in (None, day):
        entry = await joined(client, patient, full, wanted)
        assert_problem(await join(client, patient, full, wanted), 409, "waitlist_entry_unique")
        await leave(client, patient, entry["id"])
        await joined(client, patient, full, wanted)


async def test_one_of_ten_concurrent_requests_joins(
    client: AsyncClient, owner: Connection, full: int, patient: int
) -> None:
    answers = await asyncio.gather(*(join(client, patient, full) for _ in range(10)))
    only_success(answers, 409, "waitlist_entry_unique")
    assert await owner.fetchval("SELECT count(*) FROM waitlist_entry WHERE doctor_id = $1", full) == 1


async def test_only_a_doctor_can_be_waited_for(client: AsyncClient, owner: Connection) -> None:
    patient, other = await make_patients(owner, 2)
    for account in (other, MAX_ID):
        assert_problem(await join(client, patient, account), 422)


async def test_a_doctor_with_a_patients_token_cannot_wait(client: AsyncClient, full: int, doctor: int) -> None:
    assert_problem(await join(client, doctor, full), 422, "waitlist_entry_patient_id_fkey")


async def test_the_position_follows_those_ahead(client: AsyncClient, owner: Connection, full: int) -> None:
    patients = await make_patients(owner, 3)
    entries = [await joined(client, patient, full) for patient in patients]
    assert [entry["position"] for entry in entries] == [1, 2, 3]
    left = (await leave(client, patients[0], entries[0]["id"])).json()
    assert (left["status"], left["position"]) == ("left", None)
    line = await listed(client, full, "doctor")
    assert [(entry["patient"], entry["position"]) for entry in line] == list(zip(patients, (None, 1, 2), strict=True))


async def test_other_days_do_not_count_in_the_position(client: AsyncClient, owner: Connection, full: int) -> None:
    patients, day = await make_patients(owner, 4), a_slot().date()
    wishes = [day, day + timedelta(days=1), day, None]
    entries = [await joined(client, patient, full, wish) for patient, wish in zip(patients, wishes, strict=True)]
    assert [entry["position"] for entry in entries] == [1, 1, 2, 4]


async def test_callers_see_their_own_entries(client: AsyncClient, owner: Connection) -> None:
    doctors, (mine, other) = [(await full_doctor(owner))[0] for _ in range(2)], await make_patients(owner, 2)
    entries = [await joined(client, mine, doctor) for doctor in doctors]
    foreign = await joined(client, other, doctors[0])
    assert await listed(client, mine, "patient") == entries
    assert await listed(client, doctors[0], "doctor") == [entries[0], foreign]
    assert await listed(client, await make_patient(owner), "patient") == []


async def test_an_entry_is_not_left_twice(client: AsyncClient, full: int, patient: int) -> None:
    entry = await joined(client, patient, full)
    answer = await leave(client, patient, entry["id"])
    assert (answer.status_code, answer.json()) == (200, entry | {"status": "left", "position": None})
    assert_problem(await leave(client, patient, entry["id"]), 409, "waitlist_entry_status_transition")


async def test_booking_fulfils_the_entry(client: AsyncClient, owner: Connection, patient: int) -> None:
    doctor, holder, (appointment,) = await full_doctor(owner)
    entry = await joined(client, patient, doctor)
    await cancel(client, holder, appointment)
    assert await listed(client, patient, "patient") == [entry | {"status": "offered"}]
    await booked(client, patient, doctor, a_slot())
    assert await listed(client, patient, "patient") == [entry | {"status": "fulfilled", "position": None}]
