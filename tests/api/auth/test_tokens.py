"""`POST accounts/login/`, and which tokens are accepted: those that this API signed for this use, until they expire."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from argon2 import Parameters, extract_parameters
from httpx import AsyncClient

from app.domain.auth import passwords
from app.domain.fields import MAX_ID
from tests.support.http.answers import assert_problem, json_of
from tests.support.http.registration import LOGIN, ME, PASSWORD, REGISTER, Person, authorization, register, tokens_of
from tests.support.servers.worker_process import eventually

REFRESH = "/api/accounts/token/refresh/"


async def test_refreshing_gives_tokens_that_work(client: AsyncClient) -> None:
    person = await register(client, "doctor")
    tokens = await tokens_of(client, person)
    fresh = json_of(await client.post(REFRESH, json={"refresh": tokens["refresh"]}))
    assert json_of(await client.get(ME, headers=authorization(fresh["access"]))) == person.account
    assert (await client.post(REFRESH, json={"refresh": fresh["refresh"]})).status_code == 200


async def test_an_access_token_does_not_refresh(client: AsyncClient, tokens: dict[str, str]) -> None:
    assert_problem(await client.post(REFRESH, json={"refresh": tokens["access"]}), 401, "unauthorized")


async def test_a_refresh_token_gives_no_access(client: AsyncClient, tokens: dict[str, str]) -> None:
    assert_problem(await client.get(ME, headers=authorization(tokens["refresh"])), 401, "unauthorized")


def claims(token: str, **changed: object) -> dict[str, Any]:
    """Return the claims of a token with changes. None removes a claim."""
    said = jwt.decode(token, options={"verify_signature": False}) | changed
    return {name: value for name, value in said.items() if value is not None}


def tampered(token: str) -> str:
    """Return a token with another subject and the old signature."""
    header, _, signature = token.split(".")
    body = json.dumps(claims(token, sub="1")).encode()
    return f"{header}.{base64.urlsafe_b64encode(body).decode().rstrip('=')}.{signature}"


def signed(token: str, key: str, algorithm: str = "HS256", **changed: object) -> str:
    """Return a token with changed claims, signed with a key."""
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
async def test_forged_tokens_are_refused(
    client: AsyncClient, secret: str, tokens: dict[str, str], forge: Callable[[str, str], str]
) -> None:
    answer = await client.get(ME, headers=authorization(forge(tokens["access"], secret)))
    assert_problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_that_was_valid_expires(client: AsyncClient, secret: str, tokens: dict[str, str]) -> None:
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
async def test_headers_without_a_token_are_refused(client: AsyncClient, header: bytes) -> None:
    answer = await client.get(ME, headers=[(b"Authorization", header)])
    assert_problem(answer, 401, "unauthorized")


async def test_a_missing_account_is_refused(client: AsyncClient, secret: str, tokens: dict[str, str]) -> None:
    gone = jwt.encode(claims(tokens["access"], sub=str(MAX_ID)), secret, algorithm="HS256")
    assert_problem(await client.get(ME, headers=authorization(gone)), 401, "unauthorized")
    assert_problem(await client.patch(ME, headers=authorization(gone), json={"phone": "1"}), 401, "unauthorized")


GRACE = {"username": "Grace", "email": "Grace@Example.com", "password": PASSWORD, "role": "doctor"}


@pytest.mark.parametrize(
    "who",
    [
        *({"username": name} for name in ("Grace", "grace", "GRACE")),
        *({"email": email} for email in ("Grace@Example.com", "grace@example.com", "GRACE@EXAMPLE.COM")),
    ],
    ids=lambda who: next(iter(who.values())),
)
async def test_username_and_email_are_accepted_in_any_case(client: AsyncClient, who: dict[str, str]) -> None:
    await client.post(REGISTER, json=GRACE)
    tokens = json_of(await client.post(LOGIN, json=who | {"password": PASSWORD}))
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    me = json_of(await client.get(ME, headers=authorization(tokens["access"])))
    assert me["username"] == "Grace"


@pytest.mark.parametrize(
    "who", [{}, {"username": "x", "email": "x@example.com"}, {"username": None, "email": None}], ids=str
)
async def test_either_username_or_email_is_needed(client: AsyncClient, who: dict[str, object]) -> None:
    problem = assert_problem(await client.post(LOGIN, json={"password": PASSWORD, **who}), 400, "invalid_request")
    assert problem["detail"] == "Give either username or email."


async def test_a_wrong_password_and_an_unknown_user_look_the_same(client: AsyncClient, person: Person) -> None:
    username, email = person.account["username"], person.email
    refused = [
        await client.post(LOGIN, json=body)
        for body in (
            {"username": username, "password": "wrong horse"},
            {"username": username, "password": PASSWORD.upper()},
            {"username": username, "password": ""},
            {"username": "nobody", "password": PASSWORD},
            {"email": email, "password": "wrong horse"},
            {"email": "nobody@example.com", "password": PASSWORD},
            {"email": username, "password": PASSWORD},
        )
    ]
    for answer in refused:
        assert_problem(answer, 401, "invalid_credentials")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert len({answer.content for answer in refused}) == 1


async def test_an_unknown_user_costs_the_same_work_as_a_wrong_password(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch, person: Person
) -> None:
    verified: list[Parameters] = []
    verify = passwords._verify  # noqa: SLF001

    def watched(password_hash: str, password: str) -> bool:
        verified.append(extract_parameters(password_hash))
        return verify(password_hash, password)

    monkeypatch.setattr(passwords, "_verify", watched)
    for username in ("nobody", person.account["username"]):
        assert_problem(await client.post(LOGIN, json={"username": username, "password": "wrong horse"}), 401)
    unknown, theirs = verified
    assert unknown == theirs
