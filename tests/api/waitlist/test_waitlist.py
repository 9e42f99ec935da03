"""`appointments/waitlist/`: whoever waits for a full doctor has a place in line."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from app.domain.fields import MAX_ID
from tests.support.factories import a_slot, bearer, book, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_problem, instant
from tests.support.http.bookings import APPOINTMENTS, booked, cancel
from tests.support.http.pagination import pages

WAITLIST = "/api/appointments/waitlist/"


async def join(client: httpx.AsyncClient, caller: int, doctor: int, day: date | None = None) -> httpx.Response:
    """Ask as a patient to wait for a doctor, on a day or at all."""
    body = {"doctor": doctor} | ({"desired_date": day.isoformat()} if day else {})
    return await client.post(WAITLIST, headers=bearer(caller, "patient"), json=body)


async def joined(client: httpx.AsyncClient, patient: int, doctor: int, day: date | None = None) -> dict[str, Any]:
    """Join a waitlist as a patient; return the entry."""
    answer = await join(client, patient, doctor, day)
    assert answer.status_code == 201, answer.text
    entry: dict[str, Any] = answer.json()
    return entry


async def leave(client: httpx.AsyncClient, caller: int, entry: int) -> httpx.Response:
    """Ask as a patient to wait no longer."""
    return await client.delete(f"{WAITLIST}{entry}/", headers=bearer(caller, "patient"))


async def make_full_doctor(owner: asyncpg.Connection) -> int:
    """Add a doctor who takes one appointment, and has it."""
    doctor = await make_doctor(owner, max_appointments=1)
    await book(owner, await make_patient(owner), doctor, a_slot())
    return doctor


async def test_whoever_joins_is_in_line(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_full_doctor(owner), await make_patient(owner)
    before = datetime.now(UTC)
    entry = await joined(client, patient, doctor)
    assert entry.pop("id") > 0
    assert before <= instant(entry.pop("created_at")) <= datetime.now(UTC)
    assert entry == {"doctor": doctor, "patient": patient, "desired_date": None, "status": "waiting", "position": 1}


async def test_only_for_a_full_doctor(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    assert_problem(await join(client, patient, doctor), 409, "waitlist_only_when_full")
    assert_problem(await join(client, patient, doctor, a_slot().date()), 409, "waitlist_only_when_full")
    assert await owner.fetchval("SELECT count(*) FROM waitlist_entry WHERE doctor_id = $1", doctor) == 0


async def test_for_a_day_that_is_full_though_others_are_not(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
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
async def test_only_for_a_day_in_the_window(client: httpx.AsyncClient, owner: asyncpg.Connection, days: int) -> None:
    doctor, patient = await make_full_doctor(owner), await make_patient(owner)
    day = datetime.now(UTC).date() + timedelta(days=days)
    assert_problem(await join(client, patient, doctor, day), 422, "waitlist_desired_date_window")


async def test_once_for_each_day_and_once_for_any(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient, day = await make_full_doctor(owner), await make_patient(owner), a_slot().date()
    for wanted in (None, day):
        entry = await joined(client, patient, doctor, wanted)
        assert_problem(await join(client, patient, doctor, wanted), 409, "waitlist_entry_unique")
        await leave(client, patient, entry["id"])
        await joined(client, patient, doctor, wanted)


async def test_of_ten_at_once_one_is_in_line(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_full_doctor(owner), await make_patient(owner)
    answers = await asyncio.gather(*(join(client, patient, doctor) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    for answer in answers:
        if answer.status_code == 409:
            assert_problem(answer, 409, "waitlist_entry_unique")
    assert await owner.fetchval("SELECT count(*) FROM waitlist_entry WHERE doctor_id = $1", doctor) == 1


async def test_who_is_no_doctor_is_not_waited_for(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    patient, other = await make_patients(owner, 2)
    for nobody in (other, MAX_ID):
        assert_problem(await join(client, patient, nobody), 422)


async def test_doctors_do_not_wait(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, other = await make_full_doctor(owner), await make_doctor(owner)
    answer = await client.post(WAITLIST, headers=bearer(other, "doctor"), json={"doctor": doctor})
    assert_problem(answer, 403, "forbidden")
    assert_problem(await join(client, other, doctor), 422, "waitlist_entry_patient_id_fkey")


async def test_the_position_follows_those_ahead(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patients = await make_full_doctor(owner), await make_patients(owner, 3)
    entries = [await joined(client, patient, doctor) for patient in patients]
    assert [entry["position"] for entry in entries] == [1, 2, 3]
    left = (await leave(client, patients[0], entries[0]["id"])).json()
    assert (left["status"], left["position"]) == ("left", None)
    line = await client.get(WAITLIST, headers=bearer(doctor, "doctor"))
    assert [(entry["patient"], entry["position"]) for entry in line.json()] == [
        (patients[0], None),
        (patients[1], 1),
        (patients[2], 2),
    ]


async def test_other_days_do_not_count_in_the_position(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patients, day = await make_full_doctor(owner), await make_patients(owner, 4), a_slot().date()
    wishes = [day, day + timedelta(days=1), day, None]
    entries = [await joined(client, patient, doctor, wish) for patient, wish in zip(patients, wishes, strict=True)]
    assert [entry["position"] for entry in entries] == [1, 1, 2, 4]


async def test_everybody_sees_their_own(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctors, (mine, other) = [await make_full_doctor(owner) for _ in range(2)], await make_patients(owner, 2)
    entries = [await joined(client, mine, doctor) for doctor in doctors]
    foreign = await joined(client, other, doctors[0])
    assert (await client.get(WAITLIST, headers=bearer(mine, "patient"))).json() == entries
    assert (await client.get(WAITLIST, headers=bearer(doctors[0], "doctor"))).json() == [entries[0], foreign]
    assert (await client.get(WAITLIST, headers=bearer(await make_patient(owner), "patient"))).json() == []
    assert_problem(await client.get(WAITLIST), 401, "unauthorized")


async def test_pages_have_no_gaps_and_no_duplicates_while_others_join(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    doctor = await make_full_doctor(owner)
    there = [(await joined(client, patient, doctor))["id"] for patient in await make_patients(owner, 5)]
    seen: list[int] = []
    late: list[int] = []
    async for page in pages(client, f"{WAITLIST}?limit=2", bearer(doctor, "doctor")):
        seen += [entry["id"] for entry in page]
        if len(late) < 2:
            late.append((await joined(client, await make_patient(owner), doctor))["id"])
    assert seen == there + late


async def test_leaving_twice_is_once_too_often(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_full_doctor(owner), await make_patient(owner)
    entry = await joined(client, patient, doctor)
    answer = await leave(client, patient, entry["id"])
    assert (answer.status_code, answer.json()) == (200, entry | {"status": "left", "position": None})
    assert_problem(await leave(client, patient, entry["id"]), 409, "waitlist_entry_status_transition")


async def test_somebody_elses_entry_does_not_exist(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, (patient, stranger) = await make_full_doctor(owner), await make_patients(owner, 2)
    entry = await joined(client, patient, doctor)
    assert_problem(await leave(client, stranger, entry["id"]), 404, "not_found")
    assert_problem(await leave(client, patient, MAX_ID), 404, "not_found")
    answer = await client.delete(f"{WAITLIST}{entry['id']}/", headers=bearer(doctor, "doctor"))
    assert_problem(answer, 403, "forbidden")
    assert (await client.get(WAITLIST, headers=bearer(patient, "patient"))).json() == [entry]


async def test_who_books_waits_no_longer(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, (first, second), start = (
        await make_doctor(owner, max_appointments=1, fee=0),
        await make_patients(owner, 2),
        a_slot(),
    )
    appointment = await booked(client, first, doctor, start)
    entry = await joined(client, second, doctor)
    await cancel(client, first, appointment)
    waiting = await client.get(WAITLIST, headers=bearer(second, "patient"))
    assert waiting.json() == [entry | {"status": "offered"}]
    body = {"doctor": doctor, "appointment_date": start.isoformat()}
    assert (await client.post(APPOINTMENTS, headers=bearer(second, "patient"), json=body)).status_code == 201
    waiting = await client.get(WAITLIST, headers=bearer(second, "patient"))
    assert waiting.json() == [entry | {"status": "fulfilled", "position": None}]
