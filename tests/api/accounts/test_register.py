"""`POST accounts/register/`: the fields of a new account, and the refusals."""

import asyncio

import pytest
from asyncpg import Connection
from httpx import AsyncClient

from tests.support.http.answers import assert_invalid, assert_problem, json_of, only_success
from tests.support.http.registration import REGISTER, newcomer

PROFILE = {"email_verified_at": None, "pending_email": None, "phone": "", "timezone": "UTC"}
PRACTICE = {
    "specialty": "",
    "experience_years": 0,
    "slot_minutes": 30,
    "buffer_minutes": 0,
    "fee": "100.00",
    "currency": "USD",
    "max_appointments": 30,
    "verified": False,
}


@pytest.mark.parametrize(("role", "defaults"), [("patient", PROFILE), ("doctor", PROFILE | PRACTICE)])
async def test_an_account_has_defaults(client: AsyncClient, role: str, defaults: dict[str, object]) -> None:
    given = {"username": f"new-{role}", "email": f"{role}@example.com", "role": role}
    account = json_of(await client.post(REGISTER, json=given | {"password": "correct horse"}), 201)
    assert account.pop("id") > 0
    assert account.pop("created_at").endswith("Z")
    assert account == given | {"full_name": f"new-{role}"} | defaults


async def test_given_fields_are_kept(client: AsyncClient) -> None:
    given = {
        "full_name": "Dr Zoë Müller",
        "phone": "+49 (30) 123-456",
        "timezone": "Europe/Berlin",
        "specialty": "Cardiology",
        "experience_years": 7,
        "slot_minutes": 20,
        "buffer_minutes": 10,
        "fee": "45.50",
        "currency": "EUR",
        "max_appointments": 12,
    }
    account = json_of(await client.post(REGISTER, json=newcomer("doctor", **given)), 201)
    assert given.items() <= account.items()


@pytest.mark.parametrize(("fee", "kept"), [(0, "0.00"), ("0", "0.00"), (120, "120.00"), ("99.9", "99.90")])
async def test_a_fee_is_a_string_or_a_whole_number(client: AsyncClient, fee: object, kept: str) -> None:
    answer = await client.post(REGISTER, json=newcomer("doctor", fee=fee))
    assert answer.json()["fee"] == kept


async def test_the_password_is_stored_as_argon2id_with_the_recommended_cost(
    client: AsyncClient, owner: Connection
) -> None:
    answer = await client.post(REGISTER, json=newcomer())
    stored = await owner.fetchval("SELECT password_hash FROM account WHERE id = $1", answer.json()["id"])
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"username": "TWIN"}, "account_username_unique"),
        ({"username": "twin"}, "account_username_unique"),
        ({"email": "TWIN@Example.COM"}, "account_email_unique"),
        ({"email": "twin@example.com"}, "account_email_unique"),
    ],
)
async def test_a_username_or_email_is_taken_in_any_case(
    client: AsyncClient, owner: Connection, fields: dict[str, object], code: str
) -> None:
    await client.post(REGISTER, json=newcomer(username="Twin", email="Twin@example.com"))
    before = await owner.fetchval("SELECT count(*) FROM account")
    assert_problem(await client.post(REGISTER, json=newcomer("doctor", **fields)), 409, code)
    assert await owner.fetchval("SELECT count(*) FROM account") == before


async def test_one_of_30_requests_gets_a_username(client: AsyncClient, owner: Connection) -> None:
    wishes = [newcomer("doctor" if n % 2 else "patient", username="Wanted") for n in range(30)]
    answers = await asyncio.gather(*(client.post(REGISTER, json=wish) for wish in wishes))
    account = json_of(only_success(answers, 409, "account_username_unique"), 201)
    rows = await owner.fetch("SELECT id, email, role FROM account WHERE lower(username) = 'wanted'")
    profiles = await owner.fetchval(
        "SELECT (SELECT count(*) FROM doctor WHERE account_id = $1) + (SELECT count(*) FROM patient WHERE account_id = $1)",
        account["id"],
    )
    assert [dict(row) for row in rows] == [{key: account[key] for key in ("id", "email", "role")}]
    assert profiles == 1


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"timezone": "Mars/Olympus"}, 422, "doctor_timezone_fkey"),
        ({"fee": "10000.01"}, 422, "doctor_fee_allowed"),
        ({"currency": "XAU"}, 422, "doctor_fee_allowed"),
        ({"fee": "10.50", "currency": "JPY"}, 400, "doctor_fee_has_no_minor_unit"),
    ],
)
async def test_a_refused_registration_adds_no_account(
    client: AsyncClient, owner: Connection, fields: dict[str, object], status: int, code: str
) -> None:
    before = await owner.fetchval("SELECT count(*) FROM account")
    assert_problem(await client.post(REGISTER, json=newcomer("doctor", **fields)), status, code)
    assert await owner.fetchval("SELECT count(*) FROM account") == before


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"username": "has space"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"username": "newline\n"}, "username"),
        ({"email": "nobody"}, "email"),
        ({"email": "x@example.com\nBcc: all@example.com"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"full_name": " \t"}, "full_name"),
        ({"full_name": "   "}, "full_name"),
        ({"role": "admin"}, "role"),
        ({"role": "Doctor"}, "role"),
        ({"specialty": "Cardiology"}, "specialty"),
        ({"role": "doctor", "slot_minutes": 4}, "slot_minutes"),
        ({"role": "doctor", "max_appointments": 31}, "max_appointments"),
        ({"role": "doctor", "fee": "-1"}, "fee"),
        ({"role": "doctor", "fee": -1}, "fee"),
        ({"role": "doctor", "fee": 10.5}, "fee"),
        ({"role": "doctor", "fee": "NaN"}, "fee"),
        ({"role": "doctor", "currency": "usd"}, "currency"),
    ],
)
async def test_a_malformed_field_is_named(client: AsyncClient, fields: dict[str, object], field: str) -> None:
    assert_invalid(await client.post(REGISTER, json=newcomer() | fields), field)
