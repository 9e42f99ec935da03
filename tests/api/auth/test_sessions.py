"""Logging out, refreshing and changing the password: which logins end, and that they end at once."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from asyncpg import Connection
from httpx import AsyncClient
from litestar.routes import HTTPRoute

from app.domain.auth.tokens import LOGIN_CHECKED_BY_STATEMENT
from app.main import create_app
from app.settings import Settings
from tests.support.factories import a_slot, bearer, make_doctor, make_patient
from tests.support.http.answers import assert_invalid, assert_problem, json_of
from tests.support.http.bookings import APPOINTMENTS, post_booking
from tests.support.http.registration import (
    ME,
    PASSWORD,
    REGISTER,
    Person,
    authorization,
    log_in,
    newcomer,
    register,
    tokens_of,
)

REFRESH, LOGOUT, CHANGE = "/api/accounts/token/refresh/", "/api/accounts/logout/", "/api/accounts/password/"
NEW = "battery staple"
Tokens = dict[str, str]


async def works(client: AsyncClient, tokens: Tokens) -> bool:
    answer = await client.get(ME, headers=authorization(tokens["access"]))
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


async def refresh(client: AsyncClient, tokens: Tokens) -> Tokens | None:
    answer = await client.post(REFRESH, json={"refresh": tokens["refresh"]})
    if answer.status_code == 200:
        fresh: Tokens = answer.json()
        return fresh
    assert_problem(answer, 401, "unauthorized")
    return None


async def assert_ended(client: AsyncClient, *logins: Tokens) -> None:
    assert not any([await works(client, tokens) for tokens in logins])
    assert not any([await refresh(client, tokens) for tokens in logins])


async def test_reusing_a_refresh_token_ends_that_login(client: AsyncClient, person: Person) -> None:
    stolen, elsewhere = await tokens_of(client, person), await tokens_of(client, person)
    fresh = await refresh(client, stolen)
    assert fresh
    assert await refresh(client, stolen) is None  # either the thief or the victim reuses it
    assert await refresh(client, fresh) is None
    assert not await works(client, fresh)
    there = await refresh(client, elsewhere)
    assert there
    assert await works(client, there)


async def test_concurrent_refreshes_end_the_login(client: AsyncClient, tokens: Tokens) -> None:
    answers = await asyncio.gather(*(refresh(client, tokens) for _ in range(20)))
    (fresh,) = (answer for answer in answers if answer)
    assert await refresh(client, fresh) is None
    assert not await works(client, fresh)


async def test_logging_out_ends_one_login_at_once(client: AsyncClient, person: Person) -> None:
    here, elsewhere = await tokens_of(client, person), await tokens_of(client, person)
    answer = await client.post(LOGOUT, json={"refresh": here["refresh"]}, headers=authorization(here["access"]))
    assert json_of(answer) == {"detail": "You are logged out."}
    await assert_ended(client, here)
    assert await refresh(client, elsewhere)


async def test_logging_out_without_a_token_ends_all_logins(client: AsyncClient, person: Person) -> None:
    here, elsewhere = await tokens_of(client, person), await tokens_of(client, person)
    assert (await client.post(LOGOUT, headers=authorization(here["access"]))).status_code == 200
    await assert_ended(client, here, elsewhere)
    assert await works(client, await tokens_of(client, person))


async def test_another_accounts_login_cannot_be_ended(client: AsyncClient, tokens: Tokens) -> None:
    other = await register(client)
    await client.post(LOGOUT, json={"refresh": tokens["refresh"]}, headers=other.headers)
    assert await works(client, tokens)
    assert await refresh(client, tokens)


async def test_a_new_password_ends_all_logins(client: AsyncClient, person: Person) -> None:
    here, elsewhere = await tokens_of(client, person), await tokens_of(client, person)
    body = {"password": PASSWORD, "new_password": NEW}
    answer = await client.post(CHANGE, json=body, headers=authorization(here["access"]))
    assert answer.status_code == 200
    await assert_ended(client, here, elsewhere)
    assert_problem(await log_in(client, person), 401, "invalid_credentials")
    assert await works(client, await tokens_of(client, person, NEW))


@pytest.mark.parametrize("password", ["", "wrong horse", PASSWORD.upper()])
async def test_a_new_password_needs_the_old_one(client: AsyncClient, password: str, tokens: Tokens) -> None:
    body = {"password": password, "new_password": NEW}
    answer = await client.post(CHANGE, json=body, headers=authorization(tokens["access"]))
    assert_problem(answer, 422, "wrong_password")
    assert await works(client, tokens)


@pytest.mark.parametrize("role", ["doctor", "patient"])
async def test_disabling_an_account_ends_its_logins_at_once(client: AsyncClient, admin: Connection, role: str) -> None:
    person = await register(client, role)
    tokens = await tokens_of(client, person)
    await admin.execute("SELECT admin.disable_account($1, 'A thief has it.')", person.id)
    await assert_ended(client, tokens)
    assert_problem(await log_in(client, person), 401, "invalid_credentials")
    await admin.execute("SELECT admin.enable_account($1)", person.id)
    await assert_ended(client, tokens)  # the thief's tokens stay invalid
    assert await works(client, await tokens_of(client, person))


async def test_a_refresh_token_expires_after_14_days_and_is_deleted(
    client: AsyncClient, owner: Connection, person: Person, tokens: Tokens
) -> None:
    kept = "SELECT count(*) FROM refresh_token WHERE account_id = $1"
    lifetime = "SELECT extract(epoch FROM expires_at - created_at) FROM refresh_token WHERE account_id = $1"
    assert round(await owner.fetchval(lifetime, person.id)) == 14 * 24 * 3600
    await owner.execute("UPDATE refresh_token SET expires_at = now() WHERE account_id = $1", person.id)
    assert await refresh(client, tokens) is None
    assert await owner.fetchval(kept, person.id) == 1
    await owner.execute("SELECT sweep_refresh_tokens()")
    assert await owner.fetchval(kept, person.id) == 0


async def test_no_token_is_kept_in_the_database(owner: Connection, person: Person, tokens: Tokens) -> None:
    rows = await owner.fetch("SELECT * FROM refresh_token WHERE account_id = $1", person.id)
    assert rows
    assert tokens["refresh"] not in repr(rows)


@pytest.mark.parametrize("password", ["password", "PASSWORD1", "12345678", "patient-name", "Patient-Name@Example.com"])
async def test_a_guessable_password_is_refused(client: AsyncClient, person: Person, password: str) -> None:
    body = newcomer() | {"username": "patient-name", "email": "patient-name@example.com"}
    assert_invalid(await client.post(REGISTER, json=body | {"password": password}), "password")
    change = {"password": PASSWORD, "new_password": "qwertyuiop"}
    assert_invalid(await client.post(CHANGE, json=change, headers=person.headers), "new_password")


ROWS = "SELECT a::text FROM appointment AS a WHERE doctor_id = $1 ORDER BY id"


def operations(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield method and path of each operation whose own SQL statement checks the login."""
    for route in create_app(settings).routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if handler.opt.get(LOGIN_CHECKED_BY_STATEMENT):
                yield from ((method, route.path_format) for method in handler.http_methods - {"OPTIONS"})


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "a"}], ids=["", "with a key"])
@pytest.mark.parametrize("end", ["generation = generation + 1", "status = 'disabled'"])
async def test_an_ended_login_reads_and_changes_nothing(
    settings: Settings, client: AsyncClient, owner: Connection, end: str, key: dict[str, str]
) -> None:
    calls = list(operations(settings))
    assert {method for method, _ in calls} == {"GET", "POST"}
    assert APPOINTMENTS.rstrip("/") in {path for _, path in calls}
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    appointment = (await post_booking(client, patient, doctor, a_slot())).json()["id"]
    headers: dict[str, Any] = {**bearer(patient, "patient"), **key}
    before = await owner.fetch(ROWS, doctor)
    await owner.execute(f"UPDATE account SET {end} WHERE id = $1", patient)
    for method, path in calls:
        body = {"doctor": doctor, "appointment_date": a_slot(1).isoformat()}
        if "reschedule" in path:
            del body["doctor"]
        sent = body if method == "POST" and "cancel" not in path else None
        at = f"{path.format(appointment_id=appointment)}/"
        answer = await client.request(method, at, headers=headers, json=sent)
        assert_problem(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert await owner.fetch(ROWS, doctor) == before


async def test_the_next_request_is_anonymous(client: AsyncClient, owner: Connection, doctor: int, patient: int) -> None:
    await owner.execute("UPDATE account SET generation = generation + 1 WHERE id = $1", patient)
    ended = bearer(patient, "patient")["Authorization"]
    requests = (
        f"GET {APPOINTMENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: {ended}\r\n\r\n"
        f"GET /api/doctors/{doctor}/slots/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    writer.write(requests.encode())  # both at once, so that the second starts as the first is answered
    answers = (await reader.read()).split(b"HTTP/1.1 ")[1:]
    writer.close()
    assert [answer[:3] for answer in answers] == [b"401", b"200"]
