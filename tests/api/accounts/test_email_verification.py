"""An address is the account's once a code that was mailed to it has come back."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest

from tests.support.http.answers import assert_problem, instant
from tests.support.http.registration import LOGIN, ME, PASSWORD, Person, register
from tests.support.mail.mailed_codes import is_due, mailed

VERIFY, AGAIN = "/api/accounts/email/verify/", "/api/accounts/email/verification/"
KIND = "email_verification"


async def me(client: httpx.AsyncClient, person: Person) -> dict[str, str | None]:
    answer = await client.get(ME, headers=person.headers)
    return {name: answer.json()[name] for name in ("email", "email_verified_at", "pending_email")}


async def verify(client: httpx.AsyncClient, code: str) -> httpx.Response:
    return await client.post(VERIFY, json={"token": code})


@pytest.mark.parametrize("role", ["patient", "doctor"])
async def test_whoever_registers_is_mailed_a_code_that_verifies_the_address(
    client: httpx.AsyncClient, app: asyncpg.Connection, role: str
) -> None:
    person = await register(client, role)
    email, code = await mailed(app, person.account["id"], KIND)
    assert email == person.account["email"]
    answer = await verify(client, code)
    assert (answer.status_code, answer.json()) == (200, {"detail": "Your email address is verified."})
    now = await me(client, person)
    assert (now["email"], now["pending_email"]) == (email, None)
    assert now["email_verified_at"]
    assert datetime.now(UTC) - instant(now["email_verified_at"]) < timedelta(minutes=1)
    assert_problem(await verify(client, code), 422, "code_invalid")


async def test_of_many_who_come_with_one_code_at_once_one_is_heard(
    client: httpx.AsyncClient, app: asyncpg.Connection
) -> None:
    person = await register(client)
    _, code = await mailed(app, person.account["id"], KIND)
    answers = await asyncio.gather(*(verify(client, code) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 9


async def test_each_attempt_to_send_a_mail_has_a_code_and_one_of_them_is_good(
    client: httpx.AsyncClient, app: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    person = await register(client)
    account = person.account["id"]
    _, first = await mailed(app, account, KIND)
    await owner.execute("UPDATE notification SET status = 'queued', due_at = now() WHERE account_id = $1", account)
    _, second = await mailed(app, account, KIND)
    assert first != second
    assert (await verify(client, first)).status_code == 200
    assert_problem(await verify(client, second), 422, "code_invalid")


async def test_a_code_ends_after_72_hours(
    client: httpx.AsyncClient, app: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    person = await register(client)
    _, code = await mailed(app, person.account["id"], KIND)
    left = "SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 FROM account_token WHERE account_id = $1"
    assert 72 * 3600 - 60 < await owner.fetchval(left, person.account["id"]) <= 72 * 3600
    await owner.execute("UPDATE account_token SET expires_at = now() WHERE account_id = $1", person.account["id"])
    assert_problem(await verify(client, code), 422, "code_invalid")


async def test_no_code_is_kept_in_the_database(
    client: httpx.AsyncClient, app: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    person = await register(client)
    _, code = await mailed(app, person.account["id"], KIND)
    kept = await owner.fetchval(
        "SELECT (SELECT string_agg(t::text, ' ') FROM account_token AS t) || (SELECT string_agg(n::text, ' ') FROM notification AS n)"
    )
    assert code not in kept
    assert code.encode().hex() not in kept


@pytest.mark.parametrize("role", ["patient", "doctor"])
async def test_a_new_address_is_the_accounts_once_it_is_verified(
    client: httpx.AsyncClient, app: asyncpg.Connection, role: str
) -> None:
    person = await register(client, role)
    account, old = person.account["id"], person.account["email"]
    await verify(client, (await mailed(app, account, KIND))[1])
    new = f"new-{old}"
    assert (await client.put(ME, headers=person.headers, json={"email": new})).json()["pending_email"] == new
    assert (await me(client, person))["email"] == old
    assert (await client.post(LOGIN, json={"email": old, "password": PASSWORD})).status_code == 200
    assert (await mailed(app, account, "email_changing"))[0] == old
    to, code = await mailed(app, account, KIND)
    assert to == new
    assert (await verify(client, code)).status_code == 200
    assert (await me(client, person))["email"] == new
    assert_problem(await client.post(LOGIN, json={"email": old, "password": PASSWORD}), 401)
    assert (await client.post(LOGIN, json={"email": new, "password": PASSWORD})).status_code == 200


async def test_who_is_told_of_a_change_is_the_old_address_even_if_the_new_one_is_verified_first(
    client: httpx.AsyncClient, app: asyncpg.Connection
) -> None:
    person = await register(client)
    account, old = person.account["id"], person.account["email"]
    await verify(client, (await mailed(app, account, KIND))[1])
    await client.patch(ME, headers=person.headers, json={"email": f"new-{old}"})
    await verify(client, (await mailed(app, account, KIND))[1])
    assert (await mailed(app, account, "email_changing"))[0] == old


async def test_an_address_that_was_never_verified_is_not_told(
    client: httpx.AsyncClient, app: asyncpg.Connection
) -> None:
    person = await register(client)
    await client.patch(ME, headers=person.headers, json={"email": f"new-{person.account['email']}"})
    assert not await is_due(app, person.account["id"], "email_changing")


async def test_a_code_is_good_for_the_address_it_was_mailed_to_and_no_other(
    client: httpx.AsyncClient, app: asyncpg.Connection
) -> None:
    person = await register(client)
    _, code = await mailed(app, person.account["id"], KIND)
    await client.patch(ME, headers=person.headers, json={"email": f"new-{person.account['email']}"})
    assert_problem(await verify(client, code), 422, "code_invalid")
    assert (await me(client, person))["email_verified_at"] is None


async def test_an_address_that_was_taken_meanwhile_is_refused(
    client: httpx.AsyncClient, app: asyncpg.Connection
) -> None:
    person = await register(client)
    wanted = f"wanted-{person.account['email']}"
    await mailed(app, person.account["id"], KIND)
    await client.patch(ME, headers=person.headers, json={"email": wanted})
    _, code = await mailed(app, person.account["id"], KIND)
    await register(client, email=wanted.upper())
    assert_problem(await verify(client, code), 409, "account_email_unique")
    assert (await me(client, person))["email"] == person.account["email"]


async def test_a_code_is_mailed_again_but_once_a_minute(
    client: httpx.AsyncClient, app: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    person = await register(client)
    account = person.account["id"]

    async def ask() -> bool:
        answer = await client.post(AGAIN, headers=person.headers)
        assert answer.status_code == 202
        return await is_due(app, account, KIND)

    await mailed(app, account, KIND)
    assert not await ask()
    await owner.execute("UPDATE notification SET created_at = now() - interval '1 min' WHERE account_id = $1", account)
    assert await ask()
    await owner.execute("UPDATE notification SET created_at = now() - interval '1 min' WHERE account_id = $1", account)
    await ask()
    _, code = await mailed(app, account, KIND)  # one, though asked for twice
    await verify(client, code)
    await owner.execute("UPDATE notification SET created_at = now() - interval '1 min' WHERE account_id = $1", account)
    assert not await ask()  # there is nothing to verify
