"""`DELETE accounts/me/`: ends all sessions, cancels future appointments and removes the personal data."""

from datetime import timedelta

import pytest
import pytest_asyncio
from httpx import AsyncClient

from tests.api.waitlist.test_waitlist import join
from tests.support.factories import a_slot
from tests.support.http.answers import assert_problem, json_of
from tests.support.http.bookings import APPOINTMENTS, booked
from tests.support.http.registration import (
    ME,
    PASSWORD,
    Person,
    authorization,
    delete_account,
    log_in,
    register,
    tokens_of,
)
from tests.support.http.schedules import every_day, put_week


@pytest_asyncio.fixture
async def a_doctor(client: AsyncClient) -> Person:
    """A doctor who works around the clock and charges nothing."""
    doctor = await register(client, "doctor", fee="0")
    json_of(await put_week(client, doctor.id, *every_day("00:00", "24:00")))
    return doctor


@pytest.mark.parametrize("role", ["patient", "doctor"])
async def test_deleting_an_account_ends_its_sessions(client: AsyncClient, role: str) -> None:
    person = await register(client, role)
    tokens = await tokens_of(client, person)
    assert json_of(await delete_account(client, person)) == {"detail": "Your account has been deleted."}
    for headers in (person.headers, authorization(tokens["access"])):
        assert_problem(await client.get(ME, headers=headers), 401)
    refreshed = await client.post("/api/accounts/token/refresh/", json={"refresh": tokens["refresh"]})
    assert_problem(refreshed, 401)
    assert_problem(await log_in(client, person), 401, "invalid_credentials")
    assert_problem(await delete_account(client, person), 401)


async def test_name_and_address_are_free_again(client: AsyncClient, person: Person) -> None:
    names = {"username": person.account["username"], "email": person.email}
    await delete_account(client, person)
    assert (await register(client, **names)).id != person.id


@pytest.mark.parametrize("password", ["", "wrong horse", PASSWORD.upper()])
async def test_a_wrong_password_deletes_nothing(client: AsyncClient, password: str, person: Person) -> None:
    assert_problem(await delete_account(client, person, password), 422, "wrong_password")
    assert_problem(await client.request("DELETE", ME, headers=person.headers), 400, "invalid_request")
    assert (await client.get(ME, headers=person.headers)).status_code == 200


async def test_late_appointments_prevent_it(client: AsyncClient, a_doctor: Person, person: Person) -> None:
    await booked(client, person.id, a_doctor.id, a_slot(after=timedelta(days=5)))
    late = [await booked(client, person.id, a_doctor.id, a_slot(after=timedelta(hours=hours))) for hours in (30, 50)]
    problem = assert_problem(await delete_account(client, person), 422, "appointment_cancel_notice")
    assert [appointment["id"] for appointment in problem["affected"]] == late
    mine = (await client.get(APPOINTMENTS, headers=person.headers)).json()
    assert {appointment["status"] for appointment in mine} == {"confirmed"}


async def test_the_doctor_keeps_only_the_id(client: AsyncClient, a_doctor: Person) -> None:
    patient = await register(client, full_name="Zebulon")
    appointment = await booked(client, patient.id, a_doctor.id, a_slot(after=timedelta(days=5)))
    assert (await delete_account(client, patient)).status_code == 200
    answer = await client.get(f"{APPOINTMENTS}{appointment}/", headers=a_doctor.headers)
    assert (answer.json()["status"], answer.json()["patient"]) == ("canceled", patient.id)
    assert "Zebulon" not in answer.text


async def test_a_deleted_doctor_is_not_found(client: AsyncClient, a_doctor: Person, person: Person) -> None:
    appointment = await booked(client, person.id, a_doctor.id, a_slot(after=timedelta(days=5)))
    assert (await delete_account(client, a_doctor)).status_code == 200
    for path in (f"/api/doctors/{a_doctor.id}/", f"/api/doctors/{a_doctor.id}/slots/"):
        assert_problem(await client.get(path), 404)
    listed = await client.get("/api/doctors/", params={"limit": 200})
    assert a_doctor.id not in {found["id"] for found in listed.json()}
    answer = await client.get(f"{APPOINTMENTS}{appointment}/", headers=person.headers)
    assert (answer.json()["status"], answer.json()["doctor"]) == ("canceled", a_doctor.id)
    assert_problem(await join(client, person.id, a_doctor.id), 422, "waitlist_entry_doctor_id_fkey")
