"""`POST appointments/appointments/`: what is booked is held or confirmed, and what breaks a rule is not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest

from app.domain.fields import MAX_ID
from tests.support.factories import SLOT, a_slot, bearer, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_problem, instant
from tests.support.http.bookings import APPOINTMENTS, SOON, booked, post_booking, slot_at
from tests.support.http.registration import register

WINDOW = timedelta(hours=360)


async def rows(owner: asyncpg.Connection, doctor: int) -> int:
    """Return how many appointments a doctor has, whatever their status."""
    number: int = await owner.fetchval("SELECT count(*) FROM appointment WHERE doctor_id = $1", doctor)
    return number


async def test_as_the_original_client_does(client: httpx.AsyncClient) -> None:
    doctor = await register(client, "doctor")
    patient = await register(client, "patient")
    slots = await client.get(f"/api/doctors/{doctor.account['id']}/slots/")
    body = {
        "doctor": doctor.account["id"],
        "patient": patient.account["id"],
        "appointment_date": slots.json()[-1]["start"],
    }
    answer = await client.post(APPOINTMENTS, headers=patient.headers, json=body)
    assert answer.status_code == 201
    assert body.items() <= answer.json().items()


async def test_a_booking_is_a_hold_until_it_is_paid(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    start = a_slot()
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    before = datetime.now(UTC)
    answer = await post_booking(client, patient, doctor, start)
    after = datetime.now(UTC)
    assert answer.status_code == 201
    hold = answer.json()
    assert hold.pop("id") > 0
    created = instant(hold.pop("created_at"))
    assert before <= created <= after
    assert instant(hold.pop("updated_at")) == created
    assert instant(hold.pop("hold_expires_at")) == created + timedelta(minutes=15)
    times = {name: instant(hold.pop(name)) for name in ("appointment_date", "ends_at", "cancel_deadline")}
    assert times == {
        "appointment_date": start,
        "ends_at": start + SLOT,
        "cancel_deadline": start - timedelta(hours=72),
    }
    assert hold == {"doctor": doctor, "patient": patient, "status": "pending", "fee": "100.00", "currency": "USD"}


async def test_what_costs_nothing_is_confirmed_at_once(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    answer = await post_booking(client, patient, doctor, a_slot())
    assert answer.status_code == 201
    assert {"status": "confirmed", "hold_expires_at": None, "fee": "0.00"}.items() <= answer.json().items()


async def test_a_time_may_carry_any_offset(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    start = a_slot()
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    answer = await post_booking(client, patient, doctor, start.astimezone(ZoneInfo("Asia/Kathmandu")))
    assert instant(answer.json()["appointment_date"]) == start


async def test_only_for_oneself(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    start = a_slot()
    doctor, (me, other) = await make_doctor(owner), await make_patients(owner, 2)
    assert_problem(await post_booking(client, me, doctor, start, patient=other), 403, "forbidden")
    assert_problem(await post_booking(client, me, doctor, start, patient=doctor), 403, "forbidden")
    assert await rows(owner, doctor) == 0
    assert (await post_booking(client, me, doctor, start, patient=me)).status_code == 201


async def test_doctors_do_not_book(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, other = await make_doctor(owner), await make_doctor(owner)
    body = {"doctor": doctor, "appointment_date": a_slot().isoformat()}
    answer = await client.post(APPOINTMENTS, headers=bearer(other, "doctor"), json=body)
    assert_problem(answer, 403, "forbidden")


async def test_who_is_no_doctor_cannot_be_booked(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    patient, other = await make_patients(owner, 2)
    for nobody in (patient, other, MAX_ID):
        answer = await post_booking(client, patient, nobody, a_slot())
        assert_problem(answer, 422, "appointment_doctor_id_fkey")
        assert await rows(owner, nobody) == 0


async def test_a_doctors_account_is_no_patient_even_with_a_patients_token(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    doctor, other = await make_doctor(owner), await make_doctor(owner)
    answer = await post_booking(client, other, doctor, a_slot())
    assert_problem(answer, 422, "appointment_patient_id_fkey")
    assert await rows(owner, doctor) == 0


async def test_the_window_begins_after_now(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    now = datetime.now(UTC)
    begun, next_ = slot_at(now), slot_at(now + SOON) + SLOT
    assert_problem(await post_booking(client, patient, doctor, begun), 422, "appointment_booking_window")
    assert (await post_booking(client, patient, doctor, next_)).status_code == 201
    assert await rows(owner, doctor) == 1


async def test_the_window_ends_after_15_days(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    end = datetime.now(UTC) + WINDOW
    inside, beyond = slot_at(end), slot_at(end + SOON) + SLOT
    assert_problem(await post_booking(client, patient, doctor, beyond), 422, "appointment_booking_window")
    assert (await post_booking(client, patient, doctor, inside)).status_code == 201
    assert await rows(owner, doctor) == 1


@pytest.mark.parametrize("minute", [509, 510, 539, 541, 555, 1001, 1019, 1020, 1050])
async def test_outside_the_hours_and_off_the_grid_nothing_is_booked(
    client: httpx.AsyncClient, owner: asyncpg.Connection, minute: int
) -> None:
    day = a_slot().replace(hour=0)
    doctor, patient = await make_doctor(owner, hours=((day.isoweekday(), 540, 1020),)), await make_patient(owner)
    answer = await post_booking(client, patient, doctor, day + timedelta(minutes=minute))
    assert_problem(answer, 422, "appointment_within_working_hours")
    assert await rows(owner, doctor) == 0


async def test_the_hours_first_and_last_slot_and_no_other_day(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    day = a_slot().replace(hour=0)
    doctor, patient = await make_doctor(owner, hours=((day.isoweekday(), 540, 1020),)), await make_patient(owner)
    for minute in (540, 990):
        assert (await post_booking(client, patient, doctor, day + timedelta(minutes=minute))).status_code == 201
    for other in (
        timedelta(days=1, minutes=540),
        timedelta(minutes=600, seconds=1),
        timedelta(minutes=600, microseconds=1),
    ):
        answer = await post_booking(client, patient, doctor, day + other)
        assert_problem(answer, 422, "appointment_within_working_hours")


async def test_a_taken_slot_is_taken(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    start = a_slot()
    doctor, (first, second) = await make_doctor(owner), await make_patients(owner, 2)
    await booked(client, first, doctor, start)
    assert_problem(await post_booking(client, second, doctor, start), 409, "appointment_doctor_no_overlap")
    assert_problem(await post_booking(client, first, doctor, start), 409, "appointment_doctor_no_overlap")
    assert await rows(owner, doctor) == 1


async def test_times_that_overlap_without_being_equal_are_taken(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    start = a_slot()
    doctor, (first, second) = await make_doctor(owner), await make_patients(owner, 2)
    await booked(client, first, doctor, start)
    await owner.execute("UPDATE doctor SET slot_minutes = 20 WHERE account_id = $1", doctor)
    twenty = timedelta(minutes=20)  # the half hour from a full hour on: the first of these slots and half the second
    for inside in (start, start + twenty):
        assert_problem(await post_booking(client, second, doctor, inside), 409, "appointment_doctor_no_overlap")
    for beside in (start - twenty, start + 2 * twenty):
        assert (await post_booking(client, second, doctor, beside)).status_code == 201


async def test_a_patient_is_in_one_place_at_a_time(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    start = a_slot()
    patient, first, second = (
        await make_patient(owner),
        await make_doctor(owner),
        await make_doctor(owner, slot_minutes=20),
    )
    await booked(client, patient, first, start)
    for inside in (start, start + timedelta(minutes=20)):
        assert_problem(await post_booking(client, patient, second, inside), 409, "appointment_patient_no_overlap")
    assert await rows(owner, second) == 0
    assert (await post_booking(client, patient, second, start + timedelta(minutes=40))).status_code == 201


async def test_a_patient_has_at_most_five_unpaid_holds(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    for number in range(5):
        await booked(client, patient, doctor, a_slot(number))
    assert_problem(await post_booking(client, patient, doctor, a_slot(5)), 409, "appointment_patient_hold_limit")
    free = await make_doctor(owner, fee=0)
    assert (await post_booking(client, patient, free, a_slot(5))).status_code == 201


async def test_the_doctors_own_cap(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    doctor, patient = await make_doctor(owner, max_appointments=2), await make_patient(owner)
    for number in range(2):
        await booked(client, patient, doctor, a_slot(number))
    assert_problem(await post_booking(client, patient, doctor, a_slot(2)), 409, "appointment_doctor_cap")
    assert await rows(owner, doctor) == 2


async def test_a_refusal_quotes_nobody_elses_booking(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    start = a_slot()
    doctor, (first, second) = await make_doctor(owner), await make_patients(owner, 2)
    await booked(client, first, doctor, start)
    problem = assert_problem(await post_booking(client, second, doctor, start), 409)
    assert problem.keys() == {"type", "title", "status", "detail", "code", "rules", "alternatives"}
    assert problem["detail"] == "This slot is taken."
    assert problem["rules"] == [{"code": "appointment_doctor_no_overlap", "detail": "This slot is taken."}]
