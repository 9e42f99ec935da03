"""`POST accounts/login/`: returns tokens for a username or an email address and the password."""

import httpx
import pytest
from argon2 import Parameters, extract_parameters

from app.domain.auth import passwords
from tests.support.http.answers import assert_problem, json_of
from tests.support.http.registration import LOGIN, ME, PASSWORD, REGISTER, Person, authorization

GRACE = {"username": "Grace", "email": "Grace@Example.com", "password": PASSWORD, "role": "doctor"}


@pytest.mark.parametrize(
    "who",
    [
        *({"username": name} for name in ("Grace", "grace", "GRACE")),
        *({"email": email} for email in ("Grace@Example.com", "grace@example.com", "GRACE@EXAMPLE.COM")),
    ],
    ids=lambda who: next(iter(who.values())),
)
async def test_username_and_email_are_accepted_in_any_case(client: httpx.AsyncClient, who: dict[str, str]) -> None:
    await client.post(REGISTER, json=GRACE)
    tokens = json_of(await client.post(LOGIN, json=who | {"password": PASSWORD}))
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    me = json_of(await client.get(ME, headers=authorization(tokens["access"])))
    assert me["username"] == "Grace"


@pytest.mark.parametrize(
    "who", [{}, {"username": "x", "email": "x@example.com"}, {"username": None, "email": None}], ids=str
)
async def test_either_username_or_email_is_needed(client: httpx.AsyncClient, who: dict[str, object]) -> None:
    problem = assert_problem(await client.post(LOGIN, json={"password": PASSWORD, **who}), 400, "invalid_request")
    assert problem["detail"] == "Give either username or email."


async def test_a_wrong_password_and_an_unknown_user_look_the_same(client: httpx.AsyncClient, person: Person) -> None:
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
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, person: Person
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
