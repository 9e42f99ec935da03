"""`accounts/me/`: the fields that an account can change, and those that never change."""

from typing import Any

import asyncpg
import pytest
from httpx import AsyncClient

from tests.support.http.answers import assert_invalid, assert_problem, json_of
from tests.support.http.registration import ME, register

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
    "timezone": "Europe/London",
    "specialty": "Neurology",
    "experience_years": 12,
    "slot_minutes": 20,
    "buffer_minutes": 5,
    "max_appointments": 12,
    "fee": "45.50",
    "currency": "GBP",
}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(("role", "changes"), [("patient", PATIENT_CHANGES), ("doctor", DOCTOR_CHANGES)])
async def test_changes_are_kept(client: AsyncClient, method: str, role: str, changes: dict[str, Any]) -> None:
    person = await register(client, role)
    changes = changes | {"email": f"{method}-{changes['email']}"}
    answer = await client.request(method, ME, headers=person.headers, json=changes)
    changed = person.account | changes | {"email": person.email, "pending_email": changes["email"]}
    assert json_of(answer) == changed
    assert (await client.get(ME, headers=person.headers)).json() == changed


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_other_fields_stay(client: AsyncClient, method: str) -> None:
    person = await register(client, full_name="Ada Lovelace", phone="1234")
    answer = await client.request(method, ME, headers=person.headers, json={"phone": "5678"})
    assert answer.json() == person.account | {"phone": "5678"}
    assert (await client.request(method, ME, headers=person.headers, json={})).json() == answer.json()


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("role", ["patient", "doctor"])
async def test_an_account_can_be_sent_back_as_received(client: AsyncClient, method: str, role: str) -> None:
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
        ("patient", "slot_minutes", 15),
        ("patient", "cancel_affected", True),
        ("patient", "dry_run", True),
        ("doctor", "id", 1_000_000),
        ("doctor", "username", "somebody-else"),
        ("doctor", "created_at", "2020-01-01T00:00:00Z"),
    ],
)
async def test_a_field_that_never_changes_is_refused_by_name(
    client: AsyncClient, method: str, role: str, field: str, value: object
) -> None:
    person = await register(client, role)
    answer = await client.request(method, ME, headers=person.headers, json={field: value, "full_name": "Other"})
    assert_invalid(answer, field)
    assert (await client.get(ME, headers=person.headers)).json() == person.account


@pytest.mark.parametrize("role", ["patient", "doctor"])
async def test_a_taken_email_changes_nothing(client: AsyncClient, role: str) -> None:
    first, second = await register(client), await register(client, role)
    taken = {"email": first.email.upper(), "full_name": "Other", "phone": "1"}
    assert_problem(await client.patch(ME, headers=second.headers, json=taken), 409, "account_email_unique")
    assert (await client.get(ME, headers=second.headers)).json() == second.account


@pytest.mark.parametrize("role", ["patient", "doctor"])
async def test_an_unknown_time_zone_changes_nothing(client: AsyncClient, role: str) -> None:
    person = await register(client, role)
    changes = {"timezone": "Mars/Olympus", "full_name": "Other", "email": f"other-{person.email}"}
    answer = await client.patch(ME, headers=person.headers, json=changes)
    assert_problem(answer, 422, f"{role}_timezone_fkey")
    assert (await client.get(ME, headers=person.headers)).json() == person.account


@pytest.mark.parametrize(("role", "other"), [("patient", "doctor"), ("doctor", "patient")])
async def test_a_role_does_not_change_in_the_database_either(
    client: AsyncClient, owner: asyncpg.Connection, role: str, other: str
) -> None:
    person = await register(client, role)
    for statement, constraint in (
        (f"UPDATE account SET role = '{other}' WHERE id = $1", f"{role}_account_id_fkey"),
        (f"INSERT INTO {other} (account_id, full_name) VALUES ($1, 'Both')", f"{other}_account_id_fkey"),
    ):
        with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
            await owner.execute(statement, person.id)
        assert refused.value.constraint_name == constraint
