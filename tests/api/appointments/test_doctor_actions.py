"""`doctor_cancel/`, `complete/`, `no_show/`: the operations of an appointment's doctor."""

from datetime import timedelta

import pytest
from asyncpg import Connection
from httpx import AsyncClient

from tests.api.doctors.test_free_slots import slots
from tests.api.waitlist.test_waitlist import joined
from tests.support.db.offers import on_offer
from tests.support.db.past_visits import ago, visit
from tests.support.factories import SLOT, a_slot, bearer, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_problem, instant, json_of
from tests.support.http.appointment_actions import as_doctor, notified_accounts, row_of
from tests.support.http.bookings import APPOINTMENTS, booked, cancel, post_booking
from tests.support.http.openapi_contract import Contract
from tests.support.http.schedules import times_off
from tests.support.servers.databases import Database


async def test_the_response_is_the_canceled_appointment(
    client: AsyncClient, owner: Connection, doctor: int, patient: int
) -> None:
    hold = json_of(await post_booking(client, patient, doctor, a_slot()), 201)
    canceled = json_of(await as_doctor(client, doctor, hold["id"], "doctor_cancel", reason="I am ill."))
    assert canceled.pop("detail") == "The appointment is canceled."
    assert instant(canceled.pop("updated_at")) > instant(hold.pop("updated_at"))
    assert canceled == hold | {"status": "canceled"}
    row = await row_of(owner, hold["id"])
    assert (row["seat"], row["canceled_by"], row["cancel_reason"]) == (None, "doctor", "I am ill.")
    assert await notified_accounts(owner, doctor, "appointment_canceled") == [patient]


@pytest.mark.parametrize("body", [None, b"", b"null", b"{}", b'{"reason": null}'])
async def test_without_a_reason(
    client: AsyncClient, contract: Contract, body: bytes | None, doctor: int, appointment: int
) -> None:
    path = f"{APPOINTMENTS}{appointment}/doctor_cancel/"
    assert (await client.post(path, headers=bearer(doctor, "doctor"), content=body)).status_code == 200
    assert contract.by_id["doctor_cancel_appointment"].spec["requestBody"]["required"] is False


async def test_a_doctor_cancels_after_the_deadline(client: AsyncClient, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    appointment = await booked(client, patient, doctor, a_slot(after=timedelta(hours=1)))
    assert_problem(await cancel(client, patient, appointment), 422, "appointment_cancel_notice")
    assert (await as_doctor(client, doctor, appointment, "doctor_cancel")).status_code == 200
    twice = await as_doctor(client, doctor, appointment, "doctor_cancel")
    assert_problem(twice, 409, "appointment_status_transition")


@pytest.mark.parametrize("block", [False, True])
async def test_a_canceled_slot_is_offered_unless_it_is_blocked(
    client: AsyncClient, owner: Connection, block: bool
) -> None:
    doctor, (patient, waiting) = await make_doctor(owner, max_appointments=1), await make_patients(owner, 2)
    appointment = await booked(client, patient, doctor, a_slot())
    await joined(client, waiting, doctor)
    assert (await as_doctor(client, doctor, appointment, "doctor_cancel", block=block)).status_code == 200
    assert await notified_accounts(owner, doctor, "slot_offered") == [waiting]  # the seat is free in either case
    (offered,) = await on_offer(owner, doctor)
    assert (offered == a_slot()) is not block
    assert await slots(client, doctor) == []
    away = [(instant(off["start"]), instant(off["end"])) for off in await times_off(client, doctor)]
    assert away == ([(a_slot(), a_slot() + SLOT)] if block else [])
    again = await post_booking(client, waiting, doctor, a_slot())
    assert again.status_code == (422 if block else 201)


async def test_a_started_appointment_is_not_canceled(
    client: AsyncClient, database: Database, doctor: int, patient: int
) -> None:
    begun = await visit(database, doctor, patient, ago(minutes=1))
    answer = await as_doctor(client, doctor, begun, "doctor_cancel", block=True)
    assert_problem(answer, 409, "appointment_status_transition")
    assert await times_off(client, doctor) == []


async def test_a_doctor_records_whether_the_patient_came(
    client: AsyncClient, database: Database, doctor: int, patient: int
) -> None:
    appointment = await visit(database, doctor, patient, ago(minutes=1))
    for call, status, words in (
        ("complete", "completed", "completed"),
        ("complete", "completed", "completed"),
        ("no_show", "no_show", "no-show"),
        ("complete", "completed", "completed"),
    ):
        recorded = json_of(await as_doctor(client, doctor, appointment, call))
        assert (recorded["status"], recorded["detail"]) == (status, f"The appointment is marked as {words}.")


async def test_no_visit_is_recorded_before_the_start(client: AsyncClient, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    appointment = await booked(client, patient, doctor, a_slot())
    for call in ("complete", "no_show"):
        answer = await as_doctor(client, doctor, appointment, call)
        problem = assert_problem(answer, 409, "appointment_status_transition")
        assert problem["detail"] == "The appointment has not started yet."


async def test_a_visit_is_not_corrected_after_a_week(
    client: AsyncClient, database: Database, doctor: int, patient: int
) -> None:
    old = await visit(database, doctor, patient, ago(days=8), status="completed", seat=None)
    problem = assert_problem(await as_doctor(client, doctor, old, "no_show"), 409, "appointment_status_transition")
    assert problem["detail"] == "The visit ended more than 7 days ago, so its status can no longer be corrected."
