"""People who register over HTTP. The tests that need only bookings use the faster tests.support.factories."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, NamedTuple

import httpx
from asyncpg import Connection
from httpx import AsyncClient

from tests.support.factories import bearer
from tests.support.http.answers import json_of

REGISTER, LOGIN, ME = "/api/accounts/register/", "/api/accounts/login/", "/api/accounts/me/"
PASSWORD = "correct horse"
_numbers = count(1)


class Person(NamedTuple):
    """An account as the API returns it, and the headers that authenticate it."""

    account: dict[str, Any]
    headers: dict[str, str]

    @property
    def id(self) -> int:
        number: int = self.account["id"]
        return number

    @property
    def email(self) -> str:
        return str(self.account["email"])


def newcomer(role: str = "patient", **fields: object) -> dict[str, object]:
    """Return the registration of a new person."""
    name = f"{role}-{next(_numbers)}"
    return {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "role": role} | fields


async def register(client: AsyncClient, role: str = "patient", **fields: object) -> Person:
    """Register a person. The headers are made without a login, which would take longer."""
    account = json_of(await client.post(REGISTER, json=newcomer(role, **fields)), 201)
    return Person(account, bearer(account["id"], account["role"]))


async def log_in(client: AsyncClient, person: Person, password: str = PASSWORD) -> httpx.Response:
    return await client.post(LOGIN, json={"email": person.email, "password": password})


async def delete_account(client: AsyncClient, person: Person, password: str = PASSWORD) -> httpx.Response:
    return await client.request("DELETE", ME, headers=person.headers, json={"password": password})


async def tokens_of(client: AsyncClient, person: Person, password: str = PASSWORD) -> dict[str, str]:
    return dict(json_of(await log_in(client, person, password)))


@asynccontextmanager
async def unknown_constraint(db: Connection) -> AsyncIterator[None]:
    """Make registering as "surprise" violate a constraint that the API does not know."""
    await db.execute("ALTER TABLE account ADD CONSTRAINT unheard_of CHECK (username <> 'surprise')")
    yield
    await db.execute("ALTER TABLE account DROP CONSTRAINT unheard_of")


def authorization(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
