"""`POST appointments/appointments/`: a booking is held or confirmed, and a request that breaks a rule is refused."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from asyncpg import Connection
from httpx import AsyncClient

from app.domain.fields import MAX_ID
from tests.support.factories import SLOT, a_slot, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_problem, instant, json_of
from tests.support.http.bookings import APPOINTMENTS, SOON, booked, count_bookings, post_booking, slot_at
from tests.support.http.registration import register

WINDOW = timedelta(hours=360)


async def test_as_the_original_client_does(client: AsyncClient) -> None:
    doctor = await register(client, "doctor")
    patient = await register(client, "patient")
    slots = json_of(await client.get(f"/api/doctors/{doctor.id}/slots/"))
    body = {"doctor": doctor.id, "patient": patient.id, "appointment_date": slots[-1]["start"]}
    booking = json_of(await client.post(APPOINTMENTS, headers=patient.headers, json=body), 201)
    assert body.items() <= booking.items()


async def test_a_booking_is_a_hold_until_it_is_paid(client: AsyncClient, doctor: int, patient: int) -> None:
    start, before = a_slot(), datetime.now(UTC)
    hold = json_of(await post_booking(client, patient, doctor, start), 201)
    assert hold.pop("id") > 0
    created = instant(hold.pop("created_at"))
    assert before <= created <= datetime.now(UTC)
    assert instant(hold.pop("updated_at")) == created
    assert instant(hold.pop("hold_expires_at")) == created + timedelta(minutes=15)
    times = [instant(hold.pop(name)) for name in ("appointment_date", "ends_at", "cancel_deadline")]
    assert times == [start, start + SLOT, start - timedelta(hours=72)]
    assert hold == {"doctor": doctor, "patient": patient, "status": "pending", "fee": "100.00", "currency": "USD"}


async def test_a_free_appointment_is_confirmed_at_once(client: AsyncClient, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    booking = json_of(await post_booking(client, patient, doctor, a_slot()), 201)
    assert {"status": "confirmed", "hold_expires_at": None, "fee": "0.00"}.items() <= booking.items()


async def test_a_time_may_carry_any_offset(client: AsyncClient, doctor: int, patient: int) -> None:
    start = a_slot()
    answer = await post_booking(client, patient, doctor, start.astimezone(ZoneInfo("Asia/Kathmandu")))
    assert instant(answer.json()["appointment_date"]) == start


async def test_patients_book_only_for_themselves(client: AsyncClient, owner: Connection) -> None:
    start = a_slot()
    doctor, (me, other) = await make_doctor(owner), await make_patients(owner, 2)
    for account in (other, doctor):
        assert_problem(await post_booking(client, me, doctor, start, patient=account), 403, "forbidden")
    assert await count_bookings(owner, doctor) == 0
    assert (await post_booking(client, me, doctor, start, patient=me)).status_code == 201


async def test_only_a_doctor_can_be_booked(client: AsyncClient, owner: Connection) -> None:
    patient, other = await make_patients(owner, 2)
    for account in (patient, other, MAX_ID):
        answer = await post_booking(client, patient, account, a_slot())
        assert_problem(answer, 422, "appointment_doctor_id_fkey")
        assert await count_bookings(owner, account) == 0


async def test_a_doctor_with_a_patients_token_is_refused(client: AsyncClient, owner: Connection) -> None:
    doctor, other = await make_doctor(owner), await make_doctor(owner)
    answer = await post_booking(client, other, doctor, a_slot())
    assert_problem(answer, 422, "appointment_patient_id_fkey")
    assert await count_bookings(owner, doctor) == 0


@pytest.mark.parametrize(("limit", "inside"), [(timedelta(0), 1), (WINDOW, 0)], ids=["now", "in 15 days"])
async def test_the_window_begins_now_and_ends_after_15_days(
    client: AsyncClient, owner: Connection, doctor: int, patient: int, limit: timedelta, inside: int
) -> None:
    edge = datetime.now(UTC) + limit
    around = [slot_at(edge), slot_at(edge + SOON) + SLOT]
    refused = await post_booking(client, patient, doctor, around[1 - inside])
    assert_problem(refused, 422, "appointment_booking_window")
    assert (await post_booking(client, patient, doctor, around[inside])).status_code == 201
    assert await count_bookings(owner, doctor) == 1


@pytest.mark.parametrize(
    ("minutes", "allowed"),
    [
        *((minutes, False) for minutes in (509, 510, 539, 541, 555, 1001, 1019, 1020, 1050)),
        *((540, True), (990, True)),  # the first and the last slot
        *((540 + 24 * 60, False), (600 + 1 / 60, False), (600 + 1e-6 / 60, False)),
    ],
)
async def test_only_slots_within_the_hours_are_booked(
    client: AsyncClient, owner: Connection, patient: int, minutes: float, allowed: bool
) -> None:
    day = a_slot().replace(hour=0)
    doctor = await make_doctor(owner, hours=((day.isoweekday(), 540, 1020),))
    answer = await post_booking(client, patient, doctor, day + timedelta(minutes=minutes))
    if not allowed:
        assert_problem(answer, 422, "appointment_within_working_hours")
    assert await count_bookings(owner, doctor) == allowed


async def test_a_taken_slot_is_refused(client: AsyncClient, owner: Connection) -> None:
    start = a_slot()
    doctor, (first, second) = await make_doctor(owner), await make_patients(owner, 2)
    await booked(client, first, doctor, start)
    for patient in (second, first):
        assert_problem(await post_booking(client, patient, doctor, start), 409, "appointment_doctor_no_overlap")
    assert await count_bookings(owner, doctor) == 1


async def test_partly_overlapping_times_are_refused(client: AsyncClient, owner: Connection) -> None:
    start = a_slot()
    doctor, (first, second) = await make_doctor(owner), await make_patients(owner, 2)
    await booked(client, first, doctor, start)
    await owner.execute("UPDATE doctor SET slot_minutes = 20 WHERE account_id = $1", doctor)
    twenty = timedelta(minutes=20)  # the booked half hour overlaps the first two of these slots
    for inside in (start, start + twenty):
        assert_problem(await post_booking(client, second, doctor, inside), 409, "appointment_doctor_no_overlap")
    for beside in (start - twenty, start + 2 * twenty):
        assert (await post_booking(client, second, doctor, beside)).status_code == 201


async def test_a_patient_has_one_appointment_at_a_time(client: AsyncClient, owner: Connection) -> None:
    patient, start = await make_patient(owner), a_slot()
    first, second = await make_doctor(owner), await make_doctor(owner, slot_minutes=20)
    await booked(client, patient, first, start)
    for inside in (start, start + timedelta(minutes=20)):
        assert_problem(await post_booking(client, patient, second, inside), 409, "appointment_patient_no_overlap")
    assert await count_bookings(owner, second) == 0
    assert (await post_booking(client, patient, second, start + timedelta(minutes=40))).status_code == 201


async def test_a_patient_has_at_most_five_unpaid_holds(
    client: AsyncClient, owner: Connection, doctor: int, patient: int
) -> None:
    for number in range(5):
        await booked(client, patient, doctor, a_slot(number))
    assert_problem(await post_booking(client, patient, doctor, a_slot(5)), 409, "appointment_patient_hold_limit")
    free = await make_doctor(owner, fee=0)
    assert (await post_booking(client, patient, free, a_slot(5))).status_code == 201


async def test_the_doctors_own_cap(client: AsyncClient, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner, max_appointments=2), await make_patient(owner)
    for number in range(2):
        await booked(client, patient, doctor, a_slot(number))
    assert_problem(await post_booking(client, patient, doctor, a_slot(2)), 409, "appointment_doctor_cap")
    assert await count_bookings(owner, doctor) == 2


async def test_a_refusal_does_not_quote_the_other_booking(client: AsyncClient, owner: Connection) -> None:
    start = a_slot()
    doctor, (first, second) = await make_doctor(owner), await make_patients(owner, 2)
    await booked(client, first, doctor, start)
    problem = assert_problem(await post_booking(client, second, doctor, start), 409)
    assert problem.keys() == {"type", "title", "status", "detail", "code", "rules", "alternatives"}
    assert problem["detail"] == "This slot is taken."
    assert problem["rules"] == [{"code": "appointment_doctor_no_overlap", "detail": "This slot is taken."}]
