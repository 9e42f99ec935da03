"""The API with ids beyond 32 bits, up to 2**53 - 1: the largest integer that every JSON parser reads exactly."""

import httpx
import pytest
import pytest_asyncio
from httpx import AsyncClient

from app.domain.fields import MAX_ID
from tests.api.appointments.test_bulk_cancel import bulk_cancel, ids
from tests.api.waitlist.test_offers import answered, offers_of
from tests.api.waitlist.test_waitlist import join, joined, leave
from tests.support.db.large_ids import FIRST, give_large_ids
from tests.support.factories import a_slot, bearer
from tests.support.http.answers import assert_problem, json_of
from tests.support.http.appointment_actions import as_doctor, as_patient
from tests.support.http.bookings import APPOINTMENTS, booked, cancel, post_booking
from tests.support.http.idempotent_requests import KEY, REPLAYED
from tests.support.http.pagination import pages
from tests.support.http.registration import ME, delete_account, register
from tests.support.http.schedules import TIME_OFF, every_day, ids_in, put_week, take_off, times_off
from tests.support.paypal.payment_client import PAYMENTS, Hold, PaymentClient
from tests.support.paypal.worker_jobs import Jobs
from tests.support.servers.databases import Database


@pytest_asyncio.fixture(scope="module", autouse=True)
async def _large_ids(database: Database) -> None:
    await give_large_ids(database.superuser)


async def a_doctor(client: AsyncClient, **fields: object) -> int:
    """Register a doctor who works around the clock; return the id."""
    doctor = (await register(client, "doctor", **fields)).id
    json_of(await put_week(client, doctor, *every_day("00:00", "24:00")))
    return doctor


async def a_patient(client: AsyncClient) -> int:
    return (await register(client)).id


async def test_booking_moving_and_canceling(client: AsyncClient) -> None:
    doctor, patient = await a_doctor(client, fee="0", specialty="large"), await a_patient(client)
    assert min(doctor, patient) >= FIRST
    visits = [await booked(client, patient, doctor, a_slot(number)) for number in range(3)]
    moved = json_of(await as_patient(client, patient, visits[0], "reschedule", appointment_date=a_slot(8).isoformat()))
    assert (moved["id"], moved["doctor"], moved["patient"]) == (visits[0], doctor, patient)
    later = {"appointment_date": a_slot(9).isoformat(), "block": True}
    assert json_of(await as_doctor(client, doctor, visits[1], "doctor_reschedule", **later))["id"] == visits[1]
    mine = bearer(patient, "patient")
    listed = [visit["id"] async for page in pages(client, f"{APPOINTMENTS}?limit=1", mine) for visit in page]
    assert set(listed) == set(visits)
    history = json_of(await client.get(f"{APPOINTMENTS}{visits[0]}/history/", headers=mine))
    assert {record["account"] for record in history} == {patient}
    assert json_of(await cancel(client, patient, visits[0]))["status"] == "canceled"
    assert set(ids(await bulk_cancel(client, doctor, patient_id=patient))) == set(visits[1:])
    taken = assert_problem(await post_booking(client, patient, doctor, a_slot(1)), 422)
    assert taken["alternatives"]
    assert [found["id"] for found in json_of(await client.get("/api/doctors/?specialty=large"))] == [doctor]
    found = [slot["doctor"] async for page in pages(client, "/api/slots/?specialty=large&limit=200") for slot in page]
    assert set(found) == {doctor}


async def test_time_off(client: AsyncClient) -> None:
    doctor, patient = await a_doctor(client, fee="0"), await a_patient(client)
    visit = await booked(client, patient, doctor, a_slot())
    taken = json_of(await take_off(client, doctor, a_slot(), a_slot(2), cancel_affected=True), 201)
    assert ids_in(taken) == [visit]
    (entry,) = await times_off(client, doctor)
    assert entry["id"] == taken["time_off"]["id"] >= FIRST
    answer = await client.delete(f"{TIME_OFF}{entry['id']}/", headers=bearer(doctor, "doctor"))
    assert json_of(answer)["id"] == entry["id"]


async def test_waiting_and_offers(client: AsyncClient) -> None:
    doctor = await a_doctor(client, fee="0", max_appointments=1)
    holder, first, second, third = [await a_patient(client) for _ in range(4)]
    visit = await booked(client, holder, doctor, a_slot())
    entries = [await joined(client, patient, doctor) for patient in (first, second, third)]
    assert [entry["position"] for entry in entries] == [1, 2, 3]
    assert_problem(await join(client, first, doctor), 409, "waitlist_entry_unique")
    await cancel(client, holder, visit)
    (one,), (other,) = [await offers_of(client, patient) for patient in (first, second)]
    assert min(one["id"], other["id"], *(entry["id"] for entry in entries)) >= FIRST
    assert json_of(await answered(client, second, other["id"], "decline"))["status"] == "declined"
    assert json_of(await answered(client, first, one["id"], "accept"))["status"] == "confirmed"
    assert (await leave(client, third, entries[2]["id"])).status_code == 200


async def test_payment_and_refund(payment_client: PaymentClient, worker: Jobs) -> None:
    client = payment_client.client
    doctor, patient = await a_doctor(client), await a_patient(client)
    hold = Hold(doctor, patient, await booked(client, patient, doctor, a_slot()))
    begun = await payment_client.paid(hold)
    assert begun.payment >= FIRST
    assert begun.appointment == hold.appointment
    await cancel(client, patient, hold.appointment)
    await payment_client.make_due(begun)
    await worker.settle(begun)
    assert (await payment_client.show(begun))["status"] == "refunded"


async def test_a_request_sent_twice(client: AsyncClient) -> None:
    doctor, patient = await a_doctor(client), await a_patient(client)
    headers = bearer(patient, "patient") | {KEY: "large"}
    body = {"doctor": doctor, "appointment_date": a_slot().isoformat()}
    first, second = [await client.post(APPOINTMENTS, headers=headers, json=body) for _ in range(2)]
    assert json_of(first, 201) == json_of(second, 201)
    assert REPLAYED in second.headers
    paying = {"appointment_id": first.json()["id"], "amount": "100.00", "currency": "USD"}
    begun = [await client.post(f"{PAYMENTS}create/", headers=headers, json=paying) for _ in range(2)]
    assert json_of(begun[0], 201)["payment_id"] == json_of(begun[1], 201)["payment_id"] >= FIRST


async def test_exporting_and_deleting_an_account(client: AsyncClient) -> None:
    doctor, person = await a_doctor(client, fee="0"), await register(client)
    patient = person.id
    visit = await booked(client, patient, doctor, a_slot())
    export = json_of(await client.get(f"{ME}export/", headers=person.headers))
    assert [appointment["id"] for appointment in export["appointments"]] == [visit]
    assert {record["object_id"] for record in export["history"]} == {patient, visit}
    link = json_of(await client.post(f"{ME}calendar/", headers=person.headers), 201)["url"]
    assert "VEVENT" in (await client.get(httpx.URL(link).path)).text
    json_of(await delete_account(client, person))
    assert_problem(await client.get(ME, headers=person.headers), 401)


@pytest.mark.parametrize("number", [2**31, MAX_ID])
async def test_an_unused_id_is_not_found(client: AsyncClient, number: int) -> None:
    patient = await a_patient(client)
    for path in (f"{APPOINTMENTS}{number}/", f"{PAYMENTS}{number}/", f"/api/doctors/{number}/"):
        assert_problem(await client.get(path, headers=bearer(patient, "patient")), 404, "not_found")
    assert_problem(await post_booking(client, patient, number, a_slot()), 422, "appointment_doctor_id_fkey")


@pytest.mark.parametrize("number", [MAX_ID + 1, 2**63 - 1, 2**63, 10**30])
async def test_an_id_above_the_largest_is_invalid(client: AsyncClient, number: int) -> None:
    patient = await a_patient(client)
    for path in (f"{APPOINTMENTS}{number}/", f"{PAYMENTS}{number}/"):
        assert_problem(await client.get(path, headers=bearer(patient, "patient")), 400, "invalid_request")
    assert_problem(await post_booking(client, patient, number, a_slot()), 400, "invalid_request")
