"""`DELETE accounts/me/`: who leaves is out at once, what lies ahead is canceled, and nobody finds them any more."""

from datetime import timedelta

import asyncpg
import httpx
import pytest

from tests.support.factories import a_slot
from tests.support.http.answers import assert_problem
from tests.support.http.registration import LOGIN, ME, PASSWORD, REGISTER, Person, authorization, newcomer, register

APPOINTMENTS = "/api/appointments/appointments/"


async def leave(client: httpx.AsyncClient, person: Person, password: str = PASSWORD) -> httpx.Response:
    return await client.request("DELETE", ME, headers=person.headers, json={"password": password})


async def book(client: httpx.AsyncClient, patient: Person, doctor: Person, after: timedelta) -> int:
    body = {"doctor": doctor.account["id"], "appointment_date": a_slot(after=after).isoformat()}
    answer = await client.post(APPOINTMENTS, headers=patient.headers, json=body)
    assert answer.status_code == 201, answer.text
    appointment: int = answer.json()["id"]
    return appointment


async def a_doctor(client: httpx.AsyncClient) -> Person:
    """Register a doctor who works around the clock and charges nothing."""
    doctor = await register(client, "doctor", fee="0")
    week = [{"weekday": day, "start": "00:00", "end": "24:00"} for day in range(1, 8)]
    hours = {"working_hours": week}
    answer = await client.put("/api/doctors/me/working-hours/", headers=doctor.headers, json=hours)
    assert answer.status_code == 200, answer.text
    return doctor


@pytest.mark.parametrize("role", ["patient", "doctor"])
async def test_who_leaves_is_out_at_once(client: httpx.AsyncClient, role: str) -> None:
    person = await register(client, role)
    login = {"username": person.account["username"], "password": PASSWORD}
    tokens = (await client.post(LOGIN, json=login)).json()
    answer = await leave(client, person)
    assert (answer.status_code, answer.json()) == (200, {"detail": "Your account has been deleted."})
    for headers in (person.headers, authorization(tokens["access"])):
        assert_problem(await client.get(ME, headers=headers), 401)
    refreshed = await client.post("/api/accounts/token/refresh/", json={"refresh": tokens["refresh"]})
    assert_problem(refreshed, 401)
    assert_problem(await client.post(LOGIN, json=login), 401, "invalid_credentials")
    assert_problem(await leave(client, person), 401)


async def test_name_and_address_are_free_again(client: httpx.AsyncClient) -> None:
    body = newcomer()
    person = Person((await client.post(REGISTER, json=body)).json(), {})
    tokens = (await client.post(LOGIN, json={"email": body["email"], "password": PASSWORD})).json()
    await leave(client, Person(person.account, authorization(tokens["access"])))
    again = await client.post(REGISTER, json=body)
    assert again.status_code == 201
    assert again.json()["id"] != person.account["id"]


@pytest.mark.parametrize("password", ["", "wrong horse", PASSWORD.upper()])
async def test_a_wrong_password_deletes_nothing(client: httpx.AsyncClient, password: str) -> None:
    person = await register(client)
    assert_problem(await leave(client, person, password), 422, "wrong_password")
    assert_problem(await client.request("DELETE", ME, headers=person.headers), 400, "invalid_request")
    assert (await client.get(ME, headers=person.headers)).status_code == 200


async def test_a_patient_who_can_no_longer_cancel_is_told_what(client: httpx.AsyncClient) -> None:
    patient, doctor = await register(client), await a_doctor(client)
    await book(client, patient, doctor, timedelta(days=5))
    late = [await book(client, patient, doctor, timedelta(hours=hours)) for hours in (30, 50)]
    problem = assert_problem(await leave(client, patient), 422, "appointment_cancel_notice")
    assert [appointment["id"] for appointment in problem["affected"]] == late
    mine = (await client.get(APPOINTMENTS, headers=patient.headers)).json()
    assert {appointment["status"] for appointment in mine} == {"confirmed"}


async def test_the_other_side_keeps_the_appointment_with_the_id_alone(client: httpx.AsyncClient) -> None:
    patient, doctor = await register(client, full_name="Zebulon"), await a_doctor(client)
    appointment = await book(client, patient, doctor, timedelta(days=5))
    assert (await leave(client, patient)).status_code == 200
    answer = await client.get(f"{APPOINTMENTS}{appointment}/", headers=doctor.headers)
    assert (answer.json()["status"], answer.json()["patient"]) == ("canceled", patient.account["id"])
    assert "Zebulon" not in answer.text


async def test_a_doctor_who_has_left_is_not_found(client: httpx.AsyncClient) -> None:
    patient, doctor = await register(client), await a_doctor(client)
    appointment, address = (
        await book(client, patient, doctor, timedelta(days=5)),
        f"/api/doctors/{doctor.account['id']}/",
    )
    assert (await leave(client, doctor)).status_code == 200
    assert_problem(await client.get(address), 404)
    assert_problem(await client.get(f"{address}slots/"), 404)
    listed = await client.get("/api/doctors/", params={"limit": 200})
    assert doctor.account["id"] not in {found["id"] for found in listed.json()}
    answer = await client.get(f"{APPOINTMENTS}{appointment}/", headers=patient.headers)
    assert (answer.json()["status"], answer.json()["doctor"]) == ("canceled", doctor.account["id"])
    joined = await client.post(
        "/api/appointments/waitlist/", headers=patient.headers, json={"doctor": doctor.account["id"]}
    )
    assert_problem(joined, 422, "waitlist_entry_doctor_id_fkey")


async def test_what_was_answered_under_a_key_is_forgotten(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    patient, doctor = await register(client), await a_doctor(client)
    body = {"doctor": doctor.account["id"], "appointment_date": a_slot().isoformat()}
    headers = patient.headers | {"Idempotency-Key": "once"}
    assert (await client.post(APPOINTMENTS, headers=headers, json=body)).status_code == 201
    kept = "SELECT count(*) FROM receipt WHERE account_id = $1"
    assert await owner.fetchval(kept, patient.account["id"]) == 1
    assert (await leave(client, patient)).status_code == 200
    assert await owner.fetchval(kept, patient.account["id"]) == 0
