"""Password reset: a mailed code sets a new password. The responses do not reveal which addresses have an account."""

import asyncio
import statistics
import time

import httpx
import pytest
import pytest_asyncio
from asyncpg import Connection
from httpx import AsyncClient

from tests.support.http.answers import assert_invalid, assert_problem, json_of
from tests.support.http.registration import ME, PASSWORD, Person, authorization, log_in, register, tokens_of
from tests.support.mail.mailed_codes import assert_code_ends, is_due, let_a_minute_pass, mailed

RESET, CONFIRM = "/api/accounts/password/reset/", "/api/accounts/password/reset/confirm/"
NEW = "battery staple"
KIND = "password_reset"


async def ask(client: AsyncClient, email: str) -> httpx.Response:
    answer = await client.post(RESET, json={"email": email})
    assert answer.status_code == 202, answer.text
    return answer


async def confirm(client: AsyncClient, code: str, password: str = NEW) -> httpx.Response:
    return await client.post(CONFIRM, json={"token": code, "password": password})


@pytest_asyncio.fixture
async def code(client: AsyncClient, app: Connection, person: Person) -> str:
    """The code that was mailed to `person`, who has forgotten the password."""
    await ask(client, person.email.upper())
    email, code = await mailed(app, person.id, KIND)
    assert email == person.email
    return code


async def test_a_code_sets_a_new_password_and_ends_all_logins(
    client: AsyncClient, app: Connection, person: Person, code: str, tokens: dict[str, str]
) -> None:
    assert json_of(await confirm(client, code)) == {
        "detail": "Your password has been changed. Please log in with the new one."
    }
    assert (await client.get(ME, headers=authorization(tokens["access"]))).status_code == 401
    refreshed = await client.post("/api/accounts/token/refresh/", json={"refresh": tokens["refresh"]})
    assert_problem(refreshed, 401)
    assert_problem(await log_in(client, person), 401)
    assert (await log_in(client, person, NEW)).status_code == 200
    assert (await mailed(app, person.id, "password_changed"))[0] == person.email
    assert_problem(await confirm(client, code, "correct horse again"), 422, "code_invalid")


async def test_the_code_verifies_the_address(client: AsyncClient, person: Person, code: str) -> None:
    await confirm(client, code)
    tokens = await tokens_of(client, person, NEW)
    assert (await client.get(ME, headers=authorization(tokens["access"]))).json()["email_verified_at"]


async def test_concurrent_uses_of_a_code_work_once(client: AsyncClient, person: Person, code: str) -> None:
    wishes = [f"battery staple {number}" for number in range(8)]
    answers = await asyncio.gather(*(confirm(client, code, wish) for wish in wishes))
    (won,) = (wish for wish, answer in zip(wishes, answers, strict=True) if answer.status_code == 200)
    assert (await log_in(client, person, won)).status_code == 200


async def test_a_code_ends_after_an_hour(client: AsyncClient, person: Person, code: str, owner: Connection) -> None:
    await assert_code_ends(owner, person.id, 3600)
    assert_problem(await confirm(client, code), 422, "code_invalid")
    assert (await log_in(client, person)).status_code == 200


@pytest.mark.parametrize("change", ["change_password", "reset_password"])
async def test_a_new_password_ends_all_codes(
    client: AsyncClient, app: Connection, person: Person, code: str, owner: Connection, change: str
) -> None:
    await let_a_minute_pass(owner, person.id)
    await ask(client, person.email)
    _, other = await mailed(app, person.id, KIND)
    await let_a_minute_pass(owner, person.id)
    await ask(client, person.email)
    if change == "reset_password":
        assert (await confirm(client, other)).status_code == 200
    else:
        body = {"password": PASSWORD, "new_password": NEW}
        assert (await client.post("/api/accounts/password/", json=body, headers=person.headers)).status_code == 200
    assert_problem(await confirm(client, code, "yet another horse"), 422, "code_invalid")
    assert not await is_due(app, person.id, KIND)


async def test_a_new_password_ends_a_change_of_address(
    client: AsyncClient, app: Connection, person: Person, code: str
) -> None:
    await mailed(app, person.id, "email_verification")
    await client.patch(ME, headers=person.headers, json={"email": f"thief-{person.email}"})
    _, thiefs = await mailed(app, person.id, "email_verification")
    await confirm(client, code)
    assert_problem(await client.post("/api/accounts/email/verify/", json={"token": thiefs}), 422, "code_invalid")


async def test_a_code_for_an_address_sets_no_password(
    client: AsyncClient, app: Connection, person: Person, code: str
) -> None:
    _, other = await mailed(app, person.id, "email_verification")
    assert_problem(await confirm(client, other), 422, "code_invalid")
    assert_problem(await client.post("/api/accounts/email/verify/", json={"token": code}), 422, "code_invalid")
    assert (await confirm(client, code)).status_code == 200


async def test_a_guessable_password_keeps_the_code(client: AsyncClient, person: Person, code: str) -> None:
    for guessable in ("password1", person.account["username"].upper(), person.email):
        assert_invalid(await confirm(client, code, guessable), "password")
    assert (await confirm(client, code)).status_code == 200


async def test_a_disabled_account_gets_and_uses_no_code(
    client: AsyncClient, app: Connection, person: Person, code: str, owner: Connection
) -> None:
    await owner.execute("UPDATE account SET status = 'disabled' WHERE id = $1", person.id)
    await let_a_minute_pass(owner, person.id)
    await ask(client, person.email)
    assert not await is_due(app, person.id, KIND)
    assert_problem(await confirm(client, code), 422, "code_invalid")


async def test_no_request_reveals_an_account(client: AsyncClient, owner: Connection) -> None:
    people = [await register(client) for _ in range(15)]
    took: dict[bool, list[float]] = {True: [], False: []}
    answers = set()
    for person in people:
        for known in (True, False):
            begun = time.perf_counter()
            answer = await ask(client, person.email if known else f"no-{person.email}")
            took[known].append(time.perf_counter() - begun)
            answers.add(answer.text)
    assert len(answers) == 1
    count = "SELECT count(*) FROM notification WHERE kind = $1 AND account_id = ANY ($2)"
    assert await owner.fetchval(count, KIND, [person.id for person in people]) == 15
    ratio = statistics.median(took[True]) / statistics.median(took[False])
    assert 0.4 < ratio < 2.5


async def test_an_unknown_address_is_written_to_disk_too(app: Connection) -> None:
    """Otherwise the response time would show whether an account exists."""
    async with app.transaction():
        await app.execute("SELECT request_password_reset('nobody@example.com')")
        assert await app.fetchval("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
