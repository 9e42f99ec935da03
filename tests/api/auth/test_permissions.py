"""Calls every operation as every caller of the table in tests/support/http/permissions.py."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from asyncpg import Connection

from app.domain.auth.tokens import Role
from app.main import create_app
from app.settings import Settings
from tests.api.auth.test_tokens import signed
from tests.support.factories import bearer
from tests.support.http.permissions import (
    CALLERS,
    PERMISSIONS,
    Participants,
    addresses_of,
    body_of,
    make_scene,
    told,
)
from tests.support.http.registration import authorization
from tests.support.http.valid_requests import EXAMPLE_REQUESTS, ExampleRequest

ROWS_OF_A = """
    SELECT ARRAY[
        (SELECT r::text FROM appointment AS r WHERE id = $1), (SELECT r::text FROM payment AS r WHERE id = $2),
        (SELECT r::text FROM waitlist_entry AS r WHERE id = $3), (SELECT r::text FROM time_off AS r WHERE id = $4)
    ]
"""


@pytest.fixture(scope="module")
def addresses(settings: Settings) -> dict[str, tuple[str, str]]:
    """Method and path of every operation of the app, by its name in PERMISSIONS."""
    return addresses_of(create_app(settings))


async def headers_of(
    db: Connection, participants: Participants, caller: str, role: Role, secret: str
) -> dict[str, str]:
    """Return the headers of one of CALLERS. A revoked, erased or expired token is that of A with this role."""
    match caller:
        case "anonymous":
            return {}
        case "patient B":
            return bearer(participants.patient_b, "patient")
        case "doctor B":
            return bearer(participants.doctor_b, "doctor")
        case "patient A" | "doctor A":
            return participants.a.headers("patient" if caller == "patient A" else "doctor")
    headers = participants.a.headers(role)
    account = participants.a.patient if role == "patient" else participants.a.doctor
    match caller:
        case "revoked":
            await db.execute("SELECT revoke_sessions($1, NULL)", account)
        case "erased":
            nothing = "username = NULL, email = NULL, password_hash = NULL"
            await db.execute(f"UPDATE account SET status = 'erased', {nothing} WHERE id = $1", account)
        case "expired":
            token = headers["Authorization"].removeprefix("Bearer ")
            headers = authorization(signed(token, secret, exp=datetime.now(UTC) - timedelta(seconds=1)))
    return headers


def test_every_operation_has_a_row(addresses: dict[str, tuple[str, str]]) -> None:
    there, listed = addresses.keys(), PERMISSIONS.keys()
    assert not there - listed, (
        f"add to tests/support/http/permissions.py who may call {', '.join(sorted(there - listed))}"
    )
    assert not listed - there, f"remove from tests/support/http/permissions.py {', '.join(sorted(listed - there))}"


@pytest.mark.parametrize("name", PERMISSIONS)
async def test_who_may_call(
    client: httpx.AsyncClient, owner: Connection, secret: str, addresses: dict[str, tuple[str, str]], name: str
) -> None:
    method, path = addresses[name]
    role = EXAMPLE_REQUESTS.get(name, ExampleRequest()).role or "patient"
    found = {}

    async def call(participants: Participants) -> httpx.Response:
        body = body_of(name, participants)
        return await client.request(method, participants.a.path(path), headers=headers, json=body)

    for caller in CALLERS:
        participants = await make_scene(owner, client, name)
        headers = await headers_of(owner, participants, caller, role, secret)
        ids = (participants.a.appointment, participants.a.payment, participants.a.entry, participants.a.time_off)
        before = await owner.fetchval(ROWS_OF_A, *ids)
        answer = await call(participants)
        found[caller] = told(answer)
        if not (answer.is_success and caller.endswith(" A")):
            assert await owner.fetchval(ROWS_OF_A, *ids) == before, f"{caller} changed A's rows"
        if answer.status_code == 404:
            absent = await call(participants.absent())
            assert absent.content == answer.content, f"{caller} learns that A's rows exist"
    expected = dict(zip(CALLERS, PERMISSIONS[name].split(), strict=True))
    assert found == expected, f"{method} {path} is not as tests/support/http/permissions.py says"
