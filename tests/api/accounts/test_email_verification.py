"""An address belongs to an account once the code that was mailed to it has come back."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from asyncpg import Connection
from httpx import AsyncClient

from tests.support.http.answers import assert_problem, instant, json_of, only_success
from tests.support.http.registration import ME, Person, log_in, register
from tests.support.mail.mailed_codes import assert_code_ends, is_due, let_a_minute_pass, mailed

VERIFY, AGAIN = "/api/accounts/email/verify/", "/api/accounts/email/verification/"
KIND = "email_verification"


@pytest_asyncio.fixture
async def code(app: Connection, person: Person) -> str:
    """The code that was mailed to `person`."""
    return (await mailed(app, person.id, KIND))[1]


async def me(client: AsyncClient, person: Person) -> dict[str, Any]:
    return dict(json_of(await client.get(ME, headers=person.headers)))


async def change(client: AsyncClient, person: Person, email: str) -> None:
    assert json_of(await client.patch(ME, headers=person.headers, json={"email": email}))["pending_email"] == email


async def verify(client: AsyncClient, code: str) -> httpx.Response:
    return await client.post(VERIFY, json={"token": code})


@pytest.mark.parametrize("role", ["patient", "doctor"])
async def test_a_new_account_gets_a_code_for_its_address(client: AsyncClient, app: Connection, role: str) -> None:
    person = await register(client, role)
    email, code = await mailed(app, person.id, KIND)
    assert email == person.email
    assert json_of(await verify(client, code)) == {"detail": "Your email address is verified."}
    now = await me(client, person)
    assert (now["email"], now["pending_email"]) == (email, None)
    assert datetime.now(UTC) - instant(now["email_verified_at"]) < timedelta(minutes=1)
    assert_problem(await verify(client, code), 422, "code_invalid")


async def test_concurrent_uses_of_a_code_work_once(client: AsyncClient, code: str) -> None:
    only_success(await asyncio.gather(*(verify(client, code) for _ in range(10))), 422, "code_invalid")


async def test_each_mail_has_its_own_code_and_one_of_them_works(
    client: AsyncClient, app: Connection, owner: Connection, person: Person, code: str
) -> None:
    await owner.execute("UPDATE notification SET status = 'queued', due_at = now() WHERE account_id = $1", person.id)
    _, second = await mailed(app, person.id, KIND)
    assert code != second
    assert (await verify(client, code)).status_code == 200
    assert_problem(await verify(client, second), 422, "code_invalid")


async def test_a_code_ends_after_72_hours(client: AsyncClient, owner: Connection, person: Person, code: str) -> None:
    await assert_code_ends(owner, person.id, 72 * 3600)
    assert_problem(await verify(client, code), 422, "code_invalid")


async def test_no_code_is_kept_in_the_database(owner: Connection, code: str) -> None:
    kept = await owner.fetchval(
        "SELECT (SELECT string_agg(t::text, ' ') FROM account_token AS t) || (SELECT string_agg(n::text, ' ') FROM notification AS n)"
    )
    assert code not in kept
    assert code.encode().hex() not in kept


@pytest.mark.parametrize("role", ["patient", "doctor"])
async def test_a_new_address_replaces_the_old_one(client: AsyncClient, app: Connection, role: str) -> None:
    person = await register(client, role)
    old, new = person.email, f"new-{person.email}"
    moved = Person(person.account | {"email": new}, person.headers)
    await verify(client, (await mailed(app, person.id, KIND))[1])
    assert json_of(await client.put(ME, headers=person.headers, json={"email": new}))["pending_email"] == new
    assert (await me(client, person))["email"] == old
    assert (await log_in(client, person)).status_code == 200
    assert (await mailed(app, person.id, "email_changing"))[0] == old
    to, code = await mailed(app, person.id, KIND)
    assert to == new
    assert (await verify(client, code)).status_code == 200
    assert (await me(client, person))["email"] == new
    assert_problem(await log_in(client, person), 401)
    assert (await log_in(client, moved)).status_code == 200


async def test_the_old_address_is_always_notified(
    client: AsyncClient, app: Connection, person: Person, code: str
) -> None:
    await verify(client, code)
    await change(client, person, f"new-{person.email}")
    await verify(client, (await mailed(app, person.id, KIND))[1])
    assert (await mailed(app, person.id, "email_changing"))[0] == person.email


async def test_an_unverified_address_is_not_notified(client: AsyncClient, app: Connection, person: Person) -> None:
    await change(client, person, f"new-{person.email}")
    assert not await is_due(app, person.id, "email_changing")


async def test_a_code_verifies_only_its_address(client: AsyncClient, person: Person, code: str) -> None:
    await change(client, person, f"new-{person.email}")
    assert_problem(await verify(client, code), 422, "code_invalid")
    assert (await me(client, person))["email_verified_at"] is None


@pytest.mark.usefixtures("code")
async def test_an_address_that_was_taken_meanwhile_is_refused(
    client: AsyncClient, app: Connection, person: Person
) -> None:
    wanted = f"wanted-{person.email}"
    await change(client, person, wanted)
    _, code = await mailed(app, person.id, KIND)
    await register(client, email=wanted.upper())
    assert_problem(await verify(client, code), 409, "account_email_unique")
    assert (await me(client, person))["email"] == person.email


@pytest.mark.usefixtures("code")
async def test_a_code_is_mailed_again_but_once_a_minute(
    client: AsyncClient, app: Connection, owner: Connection, person: Person
) -> None:
    async def ask() -> bool:
        assert (await client.post(AGAIN, headers=person.headers)).status_code == 202
        return await is_due(app, person.id, KIND)

    assert not await ask()
    await let_a_minute_pass(owner, person.id)
    assert await ask()
    await let_a_minute_pass(owner, person.id)
    await ask()
    _, code = await mailed(app, person.id, KIND)  # one, although two were requested
    await verify(client, code)
    await let_a_minute_pass(owner, person.id)
    assert not await ask()  # the address is verified already
