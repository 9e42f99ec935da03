"""`reschedule/` and `doctor_reschedule/`: a move keeps the appointment and obeys the rules of a booking."""

import asyncio
from datetime import datetime, timedelta

import httpx
import pytest
from asyncpg import Connection
from httpx import AsyncClient

from app.domain.auth.tokens import Role
from tests.api.doctors.test_free_slots import slots
from tests.support.db.past_visits import ago, visit
from tests.support.factories import SLOT, a_slot, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_problem, instant, json_of
from tests.support.http.appointment_actions import as_doctor, call_appointment, row_of
from tests.support.http.bookings import SOON, booked, cancel, post_booking, slot_at
from tests.support.http.schedules import times_off
from tests.support.servers.databases import Database

DAY, NOTICE = timedelta(days=1), timedelta(hours=72)
either = pytest.mark.parametrize("role", ["patient", "doctor"])


async def move(
    client: AsyncClient, role: Role, doctor: int, patient: int, appointment: int, start: datetime, **fields: object
) -> httpx.Response:
    """Request to move an appointment, as its doctor or its patient."""
    caller, call = (doctor, "doctor_reschedule") if role == "doctor" else (patient, "reschedule")
    return await call_appointment(client, role, caller, appointment, call, appointment_date=start.isoformat(), **fields)


@either
async def test_everything_but_the_time_stays(client: AsyncClient, owner: Connection, role: Role) -> None:
    doctor, (other, patient), new = await make_doctor(owner), await make_patients(owner, 2), a_slot(7)
    await booked(client, other, doctor, a_slot(1))
    hold = json_of(await post_booking(client, patient, doctor, a_slot()), 201)
    await owner.execute("UPDATE doctor SET fee = 55, currency = 'EUR' WHERE account_id = $1", doctor)
    seat = (await row_of(owner, hold["id"]))["seat"]
    moved = json_of(await move(client, role, doctor, patient, hold["id"], new))
    assert moved.pop("detail") == "The appointment is rescheduled."
    assert instant(moved.pop("updated_at")) > instant(hold.pop("updated_at"))
    assert [instant(moved.pop(name)) for name in ("appointment_date", "ends_at")] == [new, new + SLOT]
    deadline = instant(moved.pop("cancel_deadline"))
    assert deadline == (instant(hold["cancel_deadline"]) if role == "patient" else new)
    assert moved == {name: hold[name] for name in moved}
    assert (await row_of(owner, hold["id"]))["seat"] == seat == 2


@either
async def test_the_old_slot_is_free_and_the_new_one_is_not(client: AsyncClient, owner: Connection, role: Role) -> None:
    doctor, (patient, other), old, new = await make_doctor(owner), await make_patients(owner, 2), a_slot(), a_slot(5)
    appointment = await booked(client, patient, doctor, old)
    await move(client, role, doctor, patient, appointment, new)
    free = await slots(client, doctor)
    assert old in free
    assert new not in free
    assert_problem(await post_booking(client, other, doctor, new), 409, "appointment_doctor_no_overlap")
    await booked(client, other, doctor, old)


async def test_a_patients_move_keeps_the_deadline(
    client: AsyncClient, owner: Connection, doctor: int, patient: int
) -> None:
    appointment = await booked(client, patient, doctor, a_slot(after=2 * DAY))
    moved = await move(client, "patient", doctor, patient, appointment, a_slot(after=10 * DAY))
    assert instant(moved.json()["cancel_deadline"]) == a_slot(after=2 * DAY) - NOTICE
    assert_problem(await cancel(client, patient, appointment), 422, "appointment_cancel_notice")
    assert (await row_of(owner, appointment))["status"] == "pending"


async def test_a_doctors_move_resets_the_deadline(client: AsyncClient, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    appointment = await booked(client, patient, doctor, a_slot(after=2 * DAY))
    moved = await move(client, "doctor", doctor, patient, appointment, a_slot(after=DAY))
    assert moved.json()["cancel_deadline"] == moved.json()["appointment_date"]
    later = await move(client, "patient", doctor, patient, appointment, a_slot(after=10 * DAY))
    assert instant(later.json()["cancel_deadline"]) == a_slot(after=DAY)  # as the doctor's move set it
    assert (await cancel(client, patient, appointment)).status_code == 200


async def test_an_earlier_time_moves_the_deadline(client: AsyncClient, doctor: int, patient: int) -> None:
    appointment = await booked(client, patient, doctor, a_slot(after=9 * DAY))
    await move(client, "patient", doctor, patient, appointment, a_slot(after=2 * DAY))
    await move(client, "patient", doctor, patient, appointment, a_slot(after=9 * DAY))
    assert_problem(await cancel(client, patient, appointment), 422, "appointment_cancel_notice")


@either
async def test_a_move_never_extends_a_hold(client: AsyncClient, owner: Connection, role: Role) -> None:
    doctor, patient = await make_doctor(owner, slot_minutes=5), await make_patient(owner)
    hold = json_of(await post_booking(client, patient, doctor, a_slot()), 201)
    same = await move(client, role, doctor, patient, hold["id"], a_slot(30))
    assert same.json()["hold_expires_at"] == hold["hold_expires_at"]
    soon = slot_at(ago(minutes=-5) + SOON)  # the half hour, which consists of slots of five minutes
    soon += timedelta(minutes=5) * ((ago(minutes=-5) + SOON - soon) // timedelta(minutes=5))
    nearer = await move(client, role, doctor, patient, hold["id"], soon)
    assert instant(nearer.json()["hold_expires_at"]) == soon
    away = await move(client, role, doctor, patient, hold["id"], a_slot())
    assert instant(away.json()["hold_expires_at"]) == soon


@either
async def test_a_taken_target_is_refused_and_nothing_is_changed(
    client: AsyncClient, owner: Connection, role: Role, doctor: int, patient: int, appointment: int
) -> None:
    await booked(client, await make_patient(owner), doctor, a_slot(1))
    await booked(client, patient, await make_doctor(owner), a_slot(2))
    before = await row_of(owner, appointment)
    for start, status, code in (
        (a_slot(1), 409, "appointment_doctor_no_overlap"),
        (a_slot(2), 409, "appointment_patient_no_overlap"),
        (a_slot() + timedelta(minutes=10), 422, "appointment_within_working_hours"),
        (slot_at(ago(hours=1)), 422, "appointment_booking_window"),
        (slot_at(ago(days=-16)), 422, "appointment_booking_window"),
    ):
        answer = await move(client, role, doctor, patient, appointment, start)
        assert_problem(answer, status, code)
    assert await row_of(owner, appointment) == before


async def test_a_move_stays_within_the_doctors_hours(client: AsyncClient, owner: Connection) -> None:
    day = a_slot().replace(hour=0, minute=0)
    morning = await make_doctor(owner, hours=((day.isoweekday(), 540, 720),))
    await make_doctor(owner, hours=((day.isoweekday(), 780, 1020),))  # another doctor's afternoon
    patient = await make_patient(owner)
    appointment = await booked(client, patient, morning, day + timedelta(hours=9))
    afternoon = await move(client, "patient", morning, patient, appointment, day + timedelta(hours=14))
    assert_problem(afternoon, 422, "appointment_within_working_hours")
    assert (await move(client, "patient", morning, patient, appointment, day + timedelta(hours=11))).status_code == 200


@either
async def test_a_move_to_the_same_time_changes_nothing(
    client: AsyncClient, owner: Connection, role: Role, doctor: int, patient: int, appointment: int
) -> None:
    before = await row_of(owner, appointment)
    assert (await move(client, role, doctor, patient, appointment, a_slot())).status_code == 200
    assert await row_of(owner, appointment) == before


@either
async def test_a_started_appointment_does_not_move(
    client: AsyncClient, database: Database, role: Role, doctor: int, patient: int
) -> None:
    start = ago(minutes=1)
    begun = await visit(database, doctor, patient, start)
    for target in (start, a_slot()):
        answer = await move(client, role, doctor, patient, begun, target)
        problem = assert_problem(answer, 409, "appointment_status_transition")
        assert problem["detail"] == "The appointment has already started."
        assert "alternatives" not in problem


@either
async def test_a_canceled_appointment_does_not_move(
    client: AsyncClient, role: Role, doctor: int, patient: int, appointment: int
) -> None:
    await cancel(client, patient, appointment)
    answer = await move(client, role, doctor, patient, appointment, a_slot(1))
    assert_problem(answer, 409, "appointment_status_transition")


@either
async def test_a_full_doctors_appointment_can_still_move(client: AsyncClient, owner: Connection, role: Role) -> None:
    doctor, (patient, other) = await make_doctor(owner, max_appointments=2), await make_patients(owner, 2)
    appointment = await booked(client, patient, doctor, a_slot())
    await booked(client, other, doctor, a_slot(1))
    taken = assert_problem(await move(client, role, doctor, patient, appointment, a_slot(1)), 409)
    assert await slots(client, doctor) == []  # no seat is free, but a move needs none
    for alternative in taken["alternatives"]:
        json_of(await move(client, role, doctor, patient, appointment, instant(alternative["start"])))
    assert len(taken["alternatives"]) == 5


async def test_a_move_uses_the_current_slot_length(
    client: AsyncClient, owner: Connection, doctor: int, patient: int, appointment: int
) -> None:
    await owner.execute("UPDATE doctor SET slot_minutes = 20 WHERE account_id = $1", doctor)
    moved = (await move(client, "patient", doctor, patient, appointment, a_slot(4))).json()
    assert instant(moved["ends_at"]) - instant(moved["appointment_date"]) == timedelta(minutes=20)


async def test_blocking_takes_the_old_time_off(
    client: AsyncClient, doctor: int, patient: int, appointment: int
) -> None:
    old = a_slot()
    assert (await move(client, "doctor", doctor, patient, appointment, a_slot(3), block=True)).status_code == 200
    assert old not in await slots(client, doctor)
    (away,) = await times_off(client, doctor)
    assert (instant(away["start"]), instant(away["end"])) == (old, old + SLOT)
    refused = await move(client, "doctor", doctor, patient, appointment, old)
    assert_problem(refused, 422, "appointment_within_working_hours")


async def test_a_refused_move_blocks_nothing(client: AsyncClient, owner: Connection) -> None:
    doctor, (patient, other), old = await make_doctor(owner), await make_patients(owner, 2), a_slot()
    appointment = await booked(client, patient, doctor, old)
    await booked(client, other, doctor, a_slot(1))
    for start, code in ((a_slot(1), "appointment_doctor_no_overlap"), (old, "time_off_no_appointment")):
        assert_problem(await move(client, "doctor", doctor, patient, appointment, start, block=True), 409, code)
    assert await times_off(client, doctor) == []
    assert (await row_of(owner, appointment))["during"].lower == old


async def test_one_of_ten_concurrent_moves_gets_the_slot(client: AsyncClient, owner: Connection) -> None:
    doctor, patients, target = await make_doctor(owner), await make_patients(owner, 10), a_slot(20)
    own = [await booked(client, patient, doctor, a_slot(n)) for n, patient in enumerate(patients)]
    answers = await asyncio.gather(
        *(move(client, "patient", doctor, *pair, target) for pair in zip(patients, own, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    starts = [(await row_of(owner, appointment))["during"].lower for appointment in own]
    assert [a.status_code == 200 for a in answers] == [start == target for start in starts]
    assert len(set(starts)) == 10


async def test_two_appointments_swap_through_a_third(client: AsyncClient, owner: Connection) -> None:
    doctor, (first, second) = await make_doctor(owner), await make_patients(owner, 2)
    mine, theirs = await booked(client, first, doctor, a_slot(0)), await booked(client, second, doctor, a_slot(1))
    for caller, appointment, start in ((first, mine, a_slot(2)), (second, theirs, a_slot(0)), (first, mine, a_slot(1))):
        assert (await move(client, "patient", doctor, caller, appointment, start)).status_code == 200
    assert (await as_doctor(client, doctor, mine, "doctor_cancel")).status_code == 200
