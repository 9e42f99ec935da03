"""`POST appointments/appointments/{id}/cancel/`: a patient cancels, once and in time."""

import asyncio
from datetime import UTC, datetime, timedelta

from asyncpg import Connection
from httpx import AsyncClient

from tests.api.doctors.test_free_slots import slots
from tests.support.db.past_visits import visit
from tests.support.factories import SLOT, a_slot, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_problem, instant, json_of, only_success
from tests.support.http.appointment_actions import row_of
from tests.support.http.bookings import SOON, booked, cancel, post_booking, slot_at
from tests.support.servers.databases import Database

NOTICE = timedelta(hours=72)


async def test_the_response_is_the_canceled_appointment(client: AsyncClient, doctor: int, patient: int) -> None:
    hold = json_of(await post_booking(client, patient, doctor, a_slot()), 201)
    canceled = json_of(await cancel(client, patient, hold["id"]))
    assert canceled.pop("detail") == "The appointment is canceled."
    assert instant(canceled.pop("updated_at")) > instant(hold.pop("updated_at"))
    assert canceled == hold | {"status": "canceled"}


async def test_the_slot_can_be_booked_again(client: AsyncClient, owner: Connection) -> None:
    doctor, (first, second), start = await make_doctor(owner), await make_patients(owner, 2), a_slot()
    appointment = await booked(client, first, doctor, start)
    assert start not in await slots(client, doctor)
    await cancel(client, first, appointment)
    assert start in await slots(client, doctor)
    again = await booked(client, second, doctor, start)
    assert (await row_of(owner, again))["status"] == "pending"
    assert (await row_of(owner, appointment))["status"] == "canceled"
    assert_problem(await post_booking(client, first, doctor, start), 409, "appointment_doctor_no_overlap")


async def test_an_appointment_is_not_canceled_twice(
    client: AsyncClient, owner: Connection, patient: int, appointment: int
) -> None:
    await cancel(client, patient, appointment)
    row = await row_of(owner, appointment)
    assert_problem(await cancel(client, patient, appointment), 409, "appointment_status_transition")
    assert await row_of(owner, appointment) == row


async def test_one_of_ten_cancellations_has_an_effect(client: AsyncClient, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    appointment = await booked(client, patient, doctor, a_slot())
    answers = await asyncio.gather(*(cancel(client, patient, appointment) for _ in range(10)))
    only_success(answers, 409, "appointment_status_transition")
    row = await row_of(owner, appointment)
    assert (row["status"], row["seat"], row["canceled_by"], row["version"]) == ("canceled", None, "patient", 2)
    mails = "SELECT account_id FROM notification WHERE appointment_id = $1 AND kind = 'appointment_canceled' ORDER BY 1"
    assert [mail["account_id"] for mail in await owner.fetch(mails, appointment)] == [doctor, patient]


async def test_the_notice_ends_72_hours_before_the_start(client: AsyncClient, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    limit = datetime.now(UTC) + NOTICE
    late, early = slot_at(limit), slot_at(limit + SOON) + SLOT
    too_late, in_time = [await booked(client, patient, doctor, start) for start in (late, early)]
    problem = assert_problem(await cancel(client, patient, too_late), 422, "appointment_cancel_notice")
    until = f"This appointment could be canceled until {late - NOTICE:%Y-%m-%dT%H:%M:%SZ}."
    assert problem["detail"] == f"{until} Now only the doctor can cancel it."
    assert (await row_of(owner, too_late))["status"] == "pending"
    assert (await cancel(client, patient, in_time)).status_code == 200


async def test_a_lapsed_hold_is_not_canceled(
    client: AsyncClient, database: Database, doctor: int, patient: int
) -> None:
    lapsed = await visit(database, doctor, patient, a_slot(), status="pending", hold_expires_at=datetime.now(UTC))
    assert_problem(await cancel(client, patient, lapsed), 409, "appointment_status_transition")
