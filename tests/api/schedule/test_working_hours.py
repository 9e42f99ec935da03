"""`doctors/me/working-hours/`: the week is replaced as a whole, and appointments outside new hours are reported."""

import asyncio
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from asyncpg import Connection
from httpx import AsyncClient

from app.domain.fields import MAX_ID
from tests.api.doctors.test_free_slots import slots
from tests.support.factories import a_slot, bearer, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_problem, instant, json_of
from tests.support.http.appointment_actions import notified_accounts, row_of
from tests.support.http.bookings import add_inactive, booked, post_booking
from tests.support.http.registration import register
from tests.support.http.schedules import HOURS, every_day, ids_in, interval, put_week, week
from tests.support.servers.databases import Database

DAY = timedelta(days=1)


async def test_a_new_doctor_has_office_hours(client: AsyncClient) -> None:
    doctor = (await register(client, "doctor", timezone="Asia/Kolkata")).id
    assert await week(client, doctor) == [interval(day, "09:00", "17:00") for day in range(1, 6)]


async def test_the_week_is_replaced_as_a_whole(client: AsyncClient, owner: Connection) -> None:
    doctor = await make_doctor(owner, timezone="Europe/Berlin")
    new = [interval(1, "08:15", "12:00"), interval(1, "13:00", "24:00"), interval(7, "00:00", "24:00")]
    answer = await put_week(client, doctor, *reversed(new))
    assert json_of(answer) == {"timezone": "Europe/Berlin", "working_hours": new, "affected": []}
    assert await week(client, doctor) == new
    assert (await put_week(client, doctor)).json()["working_hours"] == []
    assert await slots(client, doctor) == []


async def test_hours_until_midnight_have_slots_until_midnight(client: AsyncClient, doctor: int, patient: int) -> None:
    await put_week(client, doctor, *every_day("23:00", "24:00"))
    found = await slots(client, doctor)
    assert {f"{start:%H:%M}" for start in found} == {"23:00", "23:30"}
    assert (await post_booking(client, patient, doctor, found[-1])).status_code == 201


async def test_hours_across_midnight_are_two_intervals(client: AsyncClient, doctor: int, patient: int) -> None:
    before = await week(client, doctor)
    for start, end in (("22:00", "02:00"), ("22:00", "00:00"), ("22:00", "22:00")):
        answer = await put_week(client, doctor, interval(1, start, end))
        problem = assert_problem(answer, 400, "working_hours_minutes_valid")
        assert "two intervals: until 24:00, and from 00:00" in problem["detail"]
    assert await week(client, doctor) == before
    night = a_slot().replace(hour=22, minute=0)
    weekday, next_day = night.isoweekday(), (night + DAY).isoweekday()
    halves = interval(weekday, "22:00", "24:00"), interval(next_day, "00:00", "02:00")
    assert (await put_week(client, doctor, *halves)).status_code == 200
    found = [start for start in await slots(client, doctor) if night <= start < night + DAY]
    assert found == [night + n * timedelta(minutes=30) for n in range(8)]
    for slot in found[3:5]:  # on either side of midnight
        assert (await post_booking(client, patient, doctor, slot)).status_code == 201


@pytest.mark.parametrize("others", [("10:00", "12:00"), ("16:59", "17:30"), ("09:00", "17:00"), ("00:00", "24:00")])
async def test_hours_do_not_overlap(client: AsyncClient, others: tuple[str, str], doctor: int) -> None:
    before = await week(client, doctor)
    for how in ({}, {"dry_run": True}, {"cancel_affected": True}):
        answer = await put_week(client, doctor, interval(2, "09:00", "17:00"), interval(2, *others), **how)
        assert_problem(answer, 409, "working_hours_no_overlap")
    assert await week(client, doctor) == before
    beside = interval(2, "09:00", "17:00"), interval(2, "17:00", "18:00"), interval(3, *others)
    assert (await put_week(client, doctor, *beside)).status_code == 200


class Booked(NamedTuple):
    """A doctor with appointments at 10 and at 16 o'clock."""

    doctor: int
    at_ten: int
    at_four: int
    day: datetime


async def make_booked(client: AsyncClient, owner: Connection) -> Booked:
    doctor, (first, second) = await make_doctor(owner, fee=0), await make_patients(owner, 2)
    day = a_slot().replace(hour=0, minute=0) + DAY
    ten = await booked(client, first, doctor, day + timedelta(hours=10))
    return Booked(doctor, ten, await booked(client, second, doctor, day + timedelta(hours=16)), day)


async def test_hours_that_strand_patients_are_refused(client: AsyncClient, owner: Connection) -> None:
    doctor, _, at_four, _ = await make_booked(client, owner)
    before, row = await week(client, doctor), await row_of(owner, at_four)
    answer = await put_week(client, doctor, *every_day("09:00", "16:29"))
    problem = assert_problem(answer, 409, "working_hours_cover_appointments")
    assert ids_in(problem) == [at_four]
    assert problem["detail"].startswith("Appointments in the way: 1.")
    assert await week(client, doctor) == before
    assert await row_of(owner, at_four) == row
    assert (await put_week(client, doctor, *every_day("10:00", "16:30"))).json()["affected"] == []


async def test_new_hours_can_cancel_appointments(client: AsyncClient, owner: Connection) -> None:
    doctor, at_ten, at_four, day = await make_booked(client, owner)
    answer = await put_week(client, doctor, *every_day("09:00", "12:00"), cancel_affected=True)
    changed = json_of(answer)
    assert [(a["id"], a["status"]) for a in changed["affected"]] == [(at_four, "canceled")]
    assert changed["working_hours"] == await week(client, doctor) == every_day("09:00", "12:00")
    row = await row_of(owner, at_four)
    assert (row["canceled_by"], row["cancel_reason"]) == ("doctor", "The doctor's working hours have changed.")
    assert await notified_accounts(owner, doctor, "appointment_canceled") == [row["patient_id"]]
    assert (await row_of(owner, at_ten))["status"] == "confirmed"
    assert day + timedelta(hours=16) not in await slots(client, doctor)


@pytest.mark.parametrize("cancel_affected", [False, True])
async def test_a_dry_run_only_shows_the_effect(client: AsyncClient, owner: Connection, cancel_affected: bool) -> None:
    doctor, _, at_four, _ = await make_booked(client, owner)
    before, row = await week(client, doctor), await row_of(owner, at_four)
    answer = await put_week(client, doctor, *every_day("09:00", "12:00"), dry_run=True, cancel_affected=cancel_affected)
    shown = json_of(answer)
    assert (shown["working_hours"], ids_in(shown)) == (every_day("09:00", "12:00"), [at_four])
    assert await week(client, doctor) == before
    assert await row_of(owner, at_four) == row
    assert await notified_accounts(owner, doctor, "appointment_canceled") == []


async def test_only_future_appointments_are_stranded(
    client: AsyncClient, database: Database, doctor: int, patient: int
) -> None:
    await add_inactive(client, database, doctor, patient)
    assert (await put_week(client, doctor)).json()["affected"] == []


async def test_an_appointment_lies_in_one_interval_even_where_two_meet(client: AsyncClient, owner: Connection) -> None:
    doctor, at_ten, _, _ = await make_booked(client, owner)
    cut = [interval(day, *hours) for day in range(1, 8) for hours in (("09:00", "10:15"), ("10:15", "17:00"))]
    answer = await put_week(client, doctor, *cut)
    assert ids_in(assert_problem(answer, 409, "working_hours_cover_appointments")) == [at_ten]


async def test_a_booking_and_a_change_of_hours_at_once(client: AsyncClient, owner: Connection) -> None:
    for _ in range(10):
        doctor, patient = await make_doctor(owner), await make_patient(owner)
        booking, change = await asyncio.gather(
            post_booking(client, patient, doctor, a_slot()), put_week(client, doctor)
        )
        if booking.status_code == 201:
            assert ids_in(assert_problem(change, 409, "working_hours_cover_appointments")) == [booking.json()["id"]]
        else:
            assert_problem(booking, 422, "appointment_within_working_hours")
            assert change.status_code == 200


async def test_a_missing_account_has_no_week(client: AsyncClient) -> None:
    assert_problem(await client.get(HOURS, headers=bearer(MAX_ID, "doctor")), 401, "unauthorized")


async def test_another_doctors_week_stays(client: AsyncClient, owner: Connection) -> None:
    doctor, other = await make_doctor(owner), await make_doctor(owner)
    before = await week(client, other)
    await put_week(client, doctor, interval(1, "09:00", "10:00"))
    assert await week(client, other) == before


async def test_new_hours_have_slots_at_once(client: AsyncClient, owner: Connection) -> None:
    day = a_slot().replace(hour=0, minute=0) + DAY
    doctor, patient = await make_doctor(owner, hours=()), await make_patient(owner)
    refused = await post_booking(client, patient, doctor, day + timedelta(hours=9))
    assert_problem(refused, 422, "appointment_within_working_hours")
    await put_week(client, doctor, interval(day.isoweekday(), "09:00", "10:00"))
    answer = await post_booking(client, patient, doctor, day + timedelta(hours=9))
    assert instant(answer.json()["appointment_date"]) == day + timedelta(hours=9)
