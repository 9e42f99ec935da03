"""Only a token that we signed, for this use and not too long ago, speaks for anybody."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from app.domain.fields import MAX_ID
from tests.support.http.answers import assert_problem
from tests.support.http.registration import LOGIN, ME, PASSWORD, Person, authorization, register
from tests.support.servers.worker_process import eventually

REFRESH = "/api/accounts/token/refresh/"


async def log_in(client: httpx.AsyncClient, person: Person) -> dict[str, str]:
    answer = await client.post(LOGIN, json={"username": person.account["username"], "password": PASSWORD})
    tokens: dict[str, str] = answer.json()
    return tokens


async def test_refreshing_gives_tokens_that_work(client: httpx.AsyncClient) -> None:
    person = await register(client, "doctor")
    tokens = await log_in(client, person)
    answer = await client.post(REFRESH, json={"refresh": tokens["refresh"]})
    assert answer.status_code == 200
    fresh = answer.json()
    me = await client.get(ME, headers=authorization(fresh["access"]))
    assert me.json() == person.account
    assert (await client.post(REFRESH, json={"refresh": fresh["refresh"]})).status_code == 200


async def test_an_access_token_does_not_refresh(client: httpx.AsyncClient) -> None:
    tokens = await log_in(client, await register(client))
    assert_problem(await client.post(REFRESH, json={"refresh": tokens["access"]}), 401, "unauthorized")


async def test_a_refresh_token_gives_no_access(client: httpx.AsyncClient) -> None:
    tokens = await log_in(client, await register(client))
    assert_problem(await client.get(ME, headers=authorization(tokens["refresh"])), 401, "unauthorized")


def claims(token: str, **changed: object) -> dict[str, Any]:
    """Return what a token says, with changes; None takes a claim away."""
    said = jwt.decode(token, options={"verify_signature": False}) | changed
    return {name: value for name, value in said.items() if value is not None}


def tampered(token: str) -> str:
    """Return a token with a changed subject under the old signature."""
    header, _, signature = token.split(".")
    body = json.dumps(claims(token, sub="1")).encode()
    return f"{header}.{base64.urlsafe_b64encode(body).decode().rstrip('=')}.{signature}"


def signed(token: str, key: str, algorithm: str = "HS256", **changed: object) -> str:
    """Return a token that says the same but for what is changed, signed with a key."""
    return jwt.encode(claims(token, **changed), key, algorithm=algorithm)


PAST = datetime.now(UTC) - timedelta(seconds=1)
FORGERIES: dict[str, Callable[[str, str], str]] = {
    "unsigned": lambda token, _: jwt.encode(claims(token), "", algorithm="none"),
    "tampered": lambda token, _: tampered(token),
    "without its signature": lambda token, _: token.rpartition(".")[0] + ".",
    "cut short": lambda token, _: token[:-2],
    "signed with another secret": lambda token, secret: signed(token, secret + "x"),
    "signed by another algorithm": lambda token, secret: signed(token, secret, "HS384"),
    "expired": lambda token, secret: signed(token, secret, exp=PAST),
    "without an end": lambda token, secret: signed(token, secret, exp=None),
    "for another audience": lambda token, secret: signed(token, secret, aud="elsewhere"),
    "for no audience": lambda token, secret: signed(token, secret, aud=None),
    "from another issuer": lambda token, secret: signed(token, secret, iss="elsewhere"),
    "for nobody": lambda token, secret: signed(token, secret, sub=None),
    "without a generation": lambda token, secret: signed(token, secret, extras={"role": "patient"}),
    "of a generation to come": lambda token, secret: signed(token, secret, extras={"role": "patient", "generation": 2}),
    "without a name of its own": lambda token, secret: signed(token, secret, jti=None),
    "no token at all": lambda *_: "not.a.token",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
async def test_forged_tokens_open_nothing(
    client: httpx.AsyncClient, secret: str, forge: Callable[[str, str], str]
) -> None:
    tokens = await log_in(client, await register(client))
    answer = await client.get(ME, headers=authorization(forge(tokens["access"], secret)))
    assert_problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_that_was_good_ends(client: httpx.AsyncClient, secret: str) -> None:
    tokens = await log_in(client, await register(client))
    ends = datetime.now(UTC) + timedelta(seconds=2)
    headers = authorization(signed(tokens["access"], secret, exp=ends))

    async def is_over() -> bool:
        return (await client.get(ME, headers=headers)).status_code == 401

    assert not await is_over() or datetime.now(UTC) > ends.replace(microsecond=0)
    await eventually(is_over)
    assert datetime.now(UTC) > ends.replace(microsecond=0)


@pytest.mark.parametrize(
    "header",
    [b"", b"Bearer", b"Basic YWRhOmFkYQ==", b"\xff\xfe", b"Bearer \xc3\xa9", b"x" * 5000],
    ids=repr,
)
async def test_headers_without_a_token_open_nothing(client: httpx.AsyncClient, header: bytes) -> None:
    answer = await client.get(ME, headers=[(b"Authorization", header)])
    assert_problem(answer, 401, "unauthorized")


async def test_the_token_of_an_account_that_is_gone_asks_to_log_in_again(
    client: httpx.AsyncClient, secret: str
) -> None:
    tokens = await log_in(client, await register(client))
    gone = jwt.encode(claims(tokens["access"], sub=str(MAX_ID)), secret, algorithm="HS256")
    assert_problem(await client.get(ME, headers=authorization(gone)), 401, "unauthorized")
    assert_problem(await client.patch(ME, headers=authorization(gone), json={"phone": "1"}), 401, "unauthorized")
