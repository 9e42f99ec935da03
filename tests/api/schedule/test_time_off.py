"""`doctors/me/time-off/`: no bookings during time off, and what happens to existing appointments."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from asyncpg import Connection
from httpx import AsyncClient

from tests.api.doctors.test_free_slots import slots
from tests.api.waitlist.test_waitlist import joined
from tests.support.db.offers import on_offer
from tests.support.db.past_visits import ago
from tests.support.factories import SLOT, a_slot, bearer, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_problem, instant, json_of
from tests.support.http.appointment_actions import notified_accounts, row_of
from tests.support.http.bookings import add_inactive, booked, post_booking
from tests.support.http.schedules import TIME_OFF, ids_in, take_off, times_off
from tests.support.servers.databases import Database

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def test_time_off_is_added_listed_and_deleted(client: AsyncClient, owner: Connection) -> None:
    doctor, start = await make_doctor(owner), a_slot()
    there = start.astimezone(ZoneInfo("America/New_York"))
    added = json_of(await take_off(client, doctor, there, there + DAY, reason="Conference"), 201)
    assert added["affected"] == []
    (listed,) = await times_off(client, doctor)
    assert listed == added["time_off"]
    assert (instant(listed["start"]), instant(listed["end"]), listed["reason"]) == (start, start + DAY, "Conference")
    path = f"{TIME_OFF}{listed['id']}/"
    assert json_of(await client.delete(path, headers=bearer(doctor, "doctor"))) == listed
    assert await times_off(client, doctor) == []
    assert_problem(await client.delete(path, headers=bearer(doctor, "doctor")), 404, "not_found")


async def test_time_off_prevents_bookings(client: AsyncClient, owner: Connection) -> None:
    doctor, patient, start = await make_doctor(owner), await make_patient(owner), a_slot()
    before = await slots(client, doctor)
    # a slot and one minute of the next
    entry = (await take_off(client, doctor, start, start + SLOT + timedelta(minutes=1))).json()["time_off"]["id"]
    assert set(before) - set(await slots(client, doctor)) == {start, start + SLOT}
    for taken in (start, start + SLOT):
        answer = await post_booking(client, patient, doctor, taken)
        problem = assert_problem(answer, 422, "appointment_within_working_hours")
        assert problem["detail"] == "The doctor is away at that time."
    assert (await post_booking(client, patient, doctor, start - SLOT)).status_code == 201
    await client.delete(f"{TIME_OFF}{entry}/", headers=bearer(doctor, "doctor"))
    assert {start, start + SLOT} <= set(await slots(client, doctor))
    assert (await post_booking(client, patient, doctor, start)).status_code == 201


@pytest.mark.parametrize("length", [timedelta(0), -timedelta(seconds=1), -DAY])
async def test_it_ends_after_it_begins(client: AsyncClient, length: timedelta, doctor: int) -> None:
    for how in ({}, {"dry_run": True}, {"cancel_affected": True}):
        answer = await take_off(client, doctor, a_slot(), a_slot() + length, **how)
        problem = assert_problem(answer, 400, "time_off_during_valid")
        assert problem["detail"] == "Time off must end after it starts."
    assert await times_off(client, doctor) == []


async def test_time_off_may_be_long_and_in_the_past(client: AsyncClient, doctor: int) -> None:
    eternity = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)  # PostgreSQL's -infinity and infinity
    first, last = eternity[0] + DAY, eternity[1] - DAY
    for start, end in ((eternity[0], last), (first, eternity[1]), eternity):
        assert_problem(await take_off(client, doctor, start, end), 400, "time_off_during_valid")
    assert (await take_off(client, doctor, first, first + DAY)).status_code == 201
    assert (await take_off(client, doctor, ago(days=30), ago(days=20))).status_code == 201
    assert await slots(client, doctor)
    assert (await take_off(client, doctor, first, last)).status_code == 201
    assert (instant((await times_off(client, doctor))[2]["end"])) == last
    assert await slots(client, doctor) == []


async def test_time_off_with_appointments_is_refused(
    client: AsyncClient, owner: Connection, doctor: int, patient: int
) -> None:
    appointments = [await booked(client, patient, doctor, a_slot(n)) for n in (3, 1, 6)]
    rows = [await row_of(owner, appointment) for appointment in appointments]
    answer = await take_off(client, doctor, a_slot(2) - timedelta(minutes=1), a_slot(3) + timedelta(minutes=1))
    problem = assert_problem(answer, 409, "time_off_no_appointment")
    assert ids_in(problem) == [appointments[1], appointments[0]]  # sorted by start
    assert [a["patient"] for a in problem["affected"]] == [patient] * 2
    assert await times_off(client, doctor) == []
    assert [await row_of(owner, appointment) for appointment in appointments] == rows
    assert (await take_off(client, doctor, a_slot(2), a_slot(3))).status_code == 201  # between two appointments


async def test_time_off_can_cancel_appointments(client: AsyncClient, owner: Connection) -> None:
    doctor, (patient, waiting) = await make_doctor(owner, max_appointments=2), await make_patients(owner, 2)
    inside, outside = await booked(client, patient, doctor, a_slot(1)), await booked(client, patient, doctor, a_slot(9))
    await joined(client, waiting, doctor)
    answer = await take_off(client, doctor, a_slot(), a_slot(4), reason="I am ill.", cancel_affected=True)
    assert answer.status_code == 201
    assert [(a["id"], a["status"]) for a in answer.json()["affected"]] == [(inside, "canceled")]
    assert [entry["id"] for entry in await times_off(client, doctor)] == [answer.json()["time_off"]["id"]]
    row = await row_of(owner, inside)
    assert (row["canceled_by"], row["cancel_reason"]) == ("doctor", "I am ill.")
    assert await notified_accounts(owner, doctor, "appointment_canceled") == [patient]
    # the seat is offered, but at another time
    assert await notified_accounts(owner, doctor, "slot_offered") == [waiting]
    (offered,) = await on_offer(owner, doctor)
    assert not a_slot() <= offered < a_slot(4)
    assert (await row_of(owner, outside))["status"] == "pending"


@pytest.mark.parametrize("cancel_affected", [False, True])
async def test_a_dry_run_only_shows_the_effect(
    client: AsyncClient, owner: Connection, cancel_affected: bool, doctor: int, appointment: int
) -> None:
    row = await row_of(owner, appointment)
    answer = await take_off(client, doctor, a_slot(), a_slot(1), dry_run=True, cancel_affected=cancel_affected)
    shown = json_of(answer)
    assert (shown["time_off"], ids_in(shown)) == (None, [appointment])
    assert await times_off(client, doctor) == []
    assert await row_of(owner, appointment) == row
    assert await notified_accounts(owner, doctor, "appointment_canceled") == []


async def test_only_future_appointments_prevent_time_off(
    client: AsyncClient, database: Database, doctor: int, patient: int
) -> None:
    await add_inactive(client, database, doctor, patient)
    answer = await take_off(client, doctor, ago(days=2), a_slot() + DAY)
    assert (answer.status_code, answer.json()["affected"]) == (201, [])


async def test_time_off_is_of_one_doctor(client: AsyncClient, owner: Connection, doctor: int) -> None:
    other = await make_doctor(owner)
    json_of(await take_off(client, doctor, a_slot(), a_slot(2)), 201)
    assert await times_off(client, other) == []
    assert a_slot() in await slots(client, other)


async def test_a_booking_and_a_time_off_at_once(client: AsyncClient, owner: Connection) -> None:
    for _ in range(10):
        doctor, patient = await make_doctor(owner), await make_patient(owner)
        booking, off = await asyncio.gather(
            post_booking(client, patient, doctor, a_slot()), take_off(client, doctor, a_slot() - HOUR, a_slot() + HOUR)
        )
        if booking.status_code == 201:
            assert ids_in(assert_problem(off, 409, "time_off_no_appointment")) == [booking.json()["id"]]
        else:
            assert_problem(booking, 422, "appointment_within_working_hours")
            assert off.status_code == 201
