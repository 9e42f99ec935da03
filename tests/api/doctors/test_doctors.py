"""`doctors/`: the public list of doctors, with `require_verified_doctor` only the verified ones."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from asyncpg import Connection
from httpx import AsyncClient

from app.domain.fields import MAX_ID
from tests.support.factories import a_slot, bearer, make_doctor, make_patient
from tests.support.http.answers import assert_problem, json_of
from tests.support.http.bookings import post_booking
from tests.support.http.pagination import pages
from tests.support.http.registration import ME, register

DOCTORS = "/api/doctors/"


async def ids(client: AsyncClient, **query: str) -> list[int]:
    return [doctor["id"] for doctor in json_of(await client.get(DOCTORS, params=query))]


async def test_the_public_profile_and_nothing_else(client: AsyncClient) -> None:
    given = {
        "full_name": "Dr Zoë Müller",
        "phone": "+49 30 123",
        "timezone": "Europe/Berlin",
        "specialty": "Cardiology",
        "experience_years": 7,
        "slot_minutes": 20,
        "fee": "45.50",
        "currency": "EUR",
    }
    person = await register(client, "doctor", **given)
    profile = {"id": person.id} | given
    assert json_of(await client.get(f"{DOCTORS}{person.id}/")) == profile
    assert profile in (await client.get(DOCTORS)).json()


async def test_by_specialty_in_any_case_but_whole(client: AsyncClient, owner: Connection) -> None:
    first = await make_doctor(owner, specialty="Pediatrics")
    second = await make_doctor(owner, specialty="pediatrics")
    await make_doctor(owner, specialty="Pediatrics and more")
    assert await ids(client, specialty="PEDIATRICS") == [first, second]
    assert await ids(client, specialty="pedia") == []


async def test_by_any_part_of_the_name_in_any_case(client: AsyncClient, owner: Connection) -> None:
    first = await make_doctor(owner, full_name="Dr Grace Hopper", specialty="Nerves")
    second = await make_doctor(owner, full_name="Hopperson")
    assert await ids(client, name="hopper") == [first, second]
    assert await ids(client, name="HOPPER", specialty="nerves") == [first]


@pytest.mark.parametrize("name", ["100%", "_", "back\\slash", "' OR true --"])
async def test_sql_wildcards_match_literally(client: AsyncClient, owner: Connection, name: str) -> None:
    doctor = await make_doctor(owner, full_name=f"Dr {name}")
    assert await ids(client, name=name) == [doctor]


async def test_the_last_page_has_no_next_link(client: AsyncClient, owner: Connection) -> None:
    for _ in range(4):
        await make_doctor(owner, specialty="Four")
    lengths = [len(page) async for page in pages(client, f"{DOCTORS}?specialty=four&limit=2")]
    assert lengths == [2, 2]
    assert "link" not in (await client.get(DOCTORS, params={"specialty": "four", "limit": 4})).headers


async def test_only_a_doctor_is_found(client: AsyncClient, owner: Connection) -> None:
    for account in (await make_patient(owner), MAX_ID):
        for path in (f"{DOCTORS}{account}/", f"{DOCTORS}{account}/slots/"):
            assert_problem(await client.get(path), 404, "not_found")


@pytest_asyncio.fixture
async def _only_verified(owner: Connection) -> AsyncIterator[None]:
    await owner.execute("UPDATE policy SET require_verified_doctor = true")
    yield
    await owner.execute("UPDATE policy SET require_verified_doctor = false")


@pytest.mark.usefixtures("_only_verified")
async def test_a_doctor_is_found_once_verified(client: AsyncClient, owner: Connection, admin: Connection) -> None:
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


@pytest.mark.usefixtures("_only_verified")
async def test_a_doctor_cannot_verify_the_own_account(client: AsyncClient) -> None:
    person = await register(client, "doctor")
    answer = await client.patch(ME, json={"verified": True}, headers=person.headers)
    assert_problem(answer, 400, "invalid_request")
    same = await client.put(ME, json={"verified": False}, headers=person.headers)
    assert (same.status_code, same.json()["verified"]) == (200, False)
