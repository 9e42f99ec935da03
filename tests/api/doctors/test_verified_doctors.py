"""With `require_verified_doctor`, patients neither see nor book a doctor who is not verified."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest_asyncio

from tests.support.factories import a_slot, bearer, make_patient
from tests.support.http.answers import assert_problem
from tests.support.http.bookings import post_booking
from tests.support.http.registration import ME, register

DOCTORS = "/api/doctors/"


@pytest_asyncio.fixture(autouse=True)
async def _policy(owner: asyncpg.Connection) -> AsyncIterator[None]:
    await owner.execute("UPDATE policy SET require_verified_doctor = true")
    yield
    await owner.execute("UPDATE policy SET require_verified_doctor = false")


async def test_a_doctor_is_found_once_verified(
    client: httpx.AsyncClient, owner: asyncpg.Connection, admin: asyncpg.Connection
) -> None:
    person, patient = await register(client, "doctor", specialty="Elves"), await make_patient(owner)
    doctor = person.id
    own = f"{DOCTORS}{doctor}/"

    async def found() -> list[int]:
        lists = [f"{DOCTORS}?specialty=elves", "/api/slots/?specialty=elves&limit=1", own, f"{own}slots/"]
        return [len((await client.get(path)).json()) for path in lists[:2]] + [
            (await client.get(path)).status_code for path in lists[2:]
        ]

    assert person.account["verified"] is False
    assert await found() == [0, 0, 404, 404]
    refusal = assert_problem(await post_booking(client, patient, doctor, a_slot()), 422, "appointment_doctor_verified")
    assert refusal["rules"][0]["code"] == "appointment_doctor_verified"
    assert "alternatives" not in refusal
    wait = await client.post("/api/appointments/waitlist/", json={"doctor": doctor}, headers=bearer(patient, "patient"))
    assert_problem(wait, 422, "appointment_doctor_verified")
    await admin.execute("SELECT admin.verify_doctor($1)", doctor)
    assert (await client.get(ME, headers=person.headers)).json()["verified"] is True
    assert await found() == [1, 1, 200, 200]


async def test_a_doctor_cannot_verify_the_own_account(client: httpx.AsyncClient) -> None:
    person = await register(client, "doctor")
    answer = await client.patch(ME, json={"verified": True}, headers=person.headers)
    assert_problem(answer, 400, "invalid_request")
    same = await client.put(ME, json={"verified": False}, headers=person.headers)
    assert (same.status_code, same.json()["verified"]) == (200, False)
