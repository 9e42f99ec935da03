"""People who register over HTTP. Where only their bookings matter, tests.support.factories makes them faster."""

from itertools import count
from typing import Any, NamedTuple

import httpx

from tests.support.factories import bearer

REGISTER, LOGIN, ME = "/api/accounts/register/", "/api/accounts/login/", "/api/accounts/me/"
PASSWORD = "correct horse"
_numbers = count(1)


class Person(NamedTuple):
    """Somebody with an account, and the headers that say so."""

    account: dict[str, Any]
    headers: dict[str, str]


def newcomer(role: str = "patient", **fields: object) -> dict[str, object]:
    """Return what a person nobody knows yet registers with."""
    name = f"{role}-{next(_numbers)}"
    return {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "role": role} | fields


async def register(client: httpx.AsyncClient, role: str = "patient", **fields: object) -> Person:
    """Register somebody; their headers save the time of a login."""
    answer = await client.post(REGISTER, json=newcomer(role, **fields))
    assert answer.status_code == 201, answer.text
    account = answer.json()
    return Person(account, bearer(account["id"], account["role"]))


def authorization(token: str) -> dict[str, str]:
    """Return the header that carries an access token."""
    return {"Authorization": f"Bearer {token}"}
