"""`accounts/me/`: everybody sees and changes what is theirs to change; nobody changes what they are."""

from typing import Any

import asyncpg
import httpx
import pytest

from tests.api.answers import assert_problem
from tests.api.people import ME, register

PATIENT_CHANGES = {
    "email": "New.Address@example.com",
    "full_name": "Ada Lovelace",
    "phone": "+44 20 1234567",
    "timezone": "Europe/London",
}
DOCTOR_CHANGES = {
    "email": "practice@example.com",
    "full_name": "Dr Lovelace",
    "phone": "+44 20 7654321",
    "specialty": "Neurology",
    "experience_years": 12,
}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(("role", "changes"), [("patient", PATIENT_CHANGES), ("doctor", DOCTOR_CHANGES)])
async def test_changes_are_kept(client: httpx.AsyncClient, method: str, role: str, changes: dict[str, Any]) -> None:
    person = await register(client, role)
    changes = changes | {"email": f"{method}-{changes['email']}"}
    answer = await client.request(method, ME, headers=person.headers, json=changes)
    assert answer.status_code == 200
    assert answer.json() == person.account | changes
    assert (await client.get(ME, headers=person.headers)).json() == person.account | changes


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_what_is_not_named_stays(client: httpx.AsyncClient, method: str) -> None:
    person = await register(client, full_name="Ada Lovelace", phone="1234")
    answer = await client.request(method, ME, headers=person.headers, json={"phone": "5678"})
    assert answer.json() == person.account | {"phone": "5678"}
    assert (await client.request(method, ME, headers=person.headers, json={})).json() == answer.json()


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("role", ["patient", "doctor"])
async def test_an_account_may_be_sent_back_as_it_came(client: httpx.AsyncClient, method: str, role: str) -> None:
    person = await register(client, role)
    answer = await client.request(method, ME, headers=person.headers, json=person.account | {"full_name": "Other"})
    assert answer.json() == person.account | {"full_name": "Other"}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    ("role", "field", "value"),
    [
        ("patient", "role", "doctor"),
        ("doctor", "role", "patient"),
        ("patient", "id", 1_000_000),
        ("patient", "username", "somebody-else"),
        ("patient", "created_at", "2020-01-01T00:00:00Z"),
        ("patient", "specialty", "Neurology"),
        ("patient", "fee", "0.00"),
        ("doctor", "fee", "0.00"),
        ("doctor", "currency", "EUR"),
        ("doctor", "slot_minutes", 15),
        ("doctor", "buffer_minutes", 15),
        ("doctor", "max_appointments", 5),
        ("doctor", "timezone", "Europe/Berlin"),
    ],
)
async def test_what_never_changes_is_refused_by_name(
    client: httpx.AsyncClient, method: str, role: str, field: str, value: object
) -> None:
    person = await register(client, role)
    answer = await client.request(method, ME, headers=person.headers, json={field: value, "full_name": "Other"})
    problem = assert_problem(answer, 400, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert (await client.get(ME, headers=person.headers)).json() == person.account


async def test_an_email_that_is_taken_is_refused(client: httpx.AsyncClient) -> None:
    first, second = await register(client), await register(client, "doctor")
    taken = {"email": first.account["email"].upper()}
    assert_problem(await client.patch(ME, headers=second.headers, json=taken), 409, "account_email_unique")
    assert (await client.get(ME, headers=second.headers)).json() == second.account


async def test_an_unknown_time_zone_is_refused(client: httpx.AsyncClient) -> None:
    person = await register(client)
    answer = await client.patch(ME, headers=person.headers, json={"timezone": "Mars/Olympus"})
    assert_problem(answer, 422, "patient_timezone_fkey")


@pytest.mark.parametrize(("role", "other"), [("patient", "doctor"), ("doctor", "patient")])
async def test_a_role_does_not_change_in_the_database_either(
    client: httpx.AsyncClient, owner: asyncpg.Connection, role: str, other: str
) -> None:
    person = await register(client, role)
    account_id = person.account["id"]
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        await owner.execute("UPDATE account SET role = $1 WHERE id = $2", other, account_id)
    assert refused.value.constraint_name == f"{role}_account_id_fkey"
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        await owner.execute(f"INSERT INTO {other} (account_id, full_name) VALUES ($1, 'Both')", account_id)
    assert refused.value.constraint_name == f"{other}_account_id_fkey"
