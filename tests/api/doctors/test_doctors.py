"""`doctors/`: the public list of doctors."""

import asyncpg
import httpx
import pytest

from app.domain.fields import MAX_ID
from tests.support.factories import make_doctor, make_patient
from tests.support.http.answers import assert_problem, json_of
from tests.support.http.pagination import pages
from tests.support.http.registration import register

DOCTORS = "/api/doctors/"


async def ids(client: httpx.AsyncClient, **query: str) -> list[int]:
    return [doctor["id"] for doctor in json_of(await client.get(DOCTORS, params=query))]


async def test_the_public_profile_and_nothing_else(client: httpx.AsyncClient) -> None:
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


async def test_by_specialty_in_any_case_but_whole(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    first = await make_doctor(owner, specialty="Pediatrics")
    second = await make_doctor(owner, specialty="pediatrics")
    await make_doctor(owner, specialty="Pediatrics and more")
    assert await ids(client, specialty="PEDIATRICS") == [first, second]
    assert await ids(client, specialty="pedia") == []


async def test_by_any_part_of_the_name_in_any_case(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    first = await make_doctor(owner, full_name="Dr Grace Hopper", specialty="Nerves")
    second = await make_doctor(owner, full_name="Hopperson")
    assert await ids(client, name="hopper") == [first, second]
    assert await ids(client, name="HOPPER", specialty="nerves") == [first]


@pytest.mark.parametrize("name", ["100%", "_", "back\\slash", "' OR true --"])
async def test_sql_wildcards_match_literally(client: httpx.AsyncClient, owner: asyncpg.Connection, name: str) -> None:
    doctor = await make_doctor(owner, full_name=f"Dr {name}")
    assert await ids(client, name=name) == [doctor]


async def test_the_last_page_has_no_next_link(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    for _ in range(4):
        await make_doctor(owner, specialty="Four")
    lengths = [len(page) async for page in pages(client, f"{DOCTORS}?specialty=four&limit=2")]
    assert lengths == [2, 2]
    assert "link" not in (await client.get(DOCTORS, params={"specialty": "four", "limit": 4})).headers


async def test_only_a_doctor_is_found(client: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    for account in (await make_patient(owner), MAX_ID):
        for path in (f"{DOCTORS}{account}/", f"{DOCTORS}{account}/slots/"):
            assert_problem(await client.get(path), 404, "not_found")
