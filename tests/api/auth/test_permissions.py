"""Every operation, called by everybody who may and who may not: the table in permissions.py, played."""

from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest
from litestar.routes import HTTPRoute

from app.domain.auth.tokens import Role, Secret
from app.main import create_app
from app.settings import Settings
from tests.api.auth.test_tokens import signed
from tests.support.factories import a_slot, bearer, make_doctor, make_patient
from tests.support.http.permissions import BODIES, CALLERS, PERMISSIONS, USUAL, Participants
from tests.support.http.registration import authorization
from tests.support.http.valid_requests import EXAMPLE_REQUESTS, ExampleRequest, make_example_data
from tests.support.paypal.payment_client import PAYMENTS

ROWS_OF_A = """
    SELECT ARRAY[
        (SELECT r::text FROM appointment AS r WHERE id = $1), (SELECT r::text FROM payment AS r WHERE id = $2),
        (SELECT r::text FROM waitlist_entry AS r WHERE id = $3), (SELECT r::text FROM time_off AS r WHERE id = $4)
    ]
"""


@pytest.fixture(scope="module")
def addresses(settings: Settings) -> dict[str, tuple[str, str]]:
    """Method and path of every operation of the app, by the name that its row has."""
    return {
        str(handler.operation_id or f"{method} {route.path_format}"): (method, route.path_format)
        for route in create_app(settings).routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS"  # which Litestar answers, alike for every address
    }


async def make_scene(db: asyncpg.Connection, client: httpx.AsyncClient, tag: str) -> Participants:
    """Set the scene, with an order at PayPal if the operation is about payments."""
    a, refresh, order = await make_example_data(db), Secret.new(), ""
    await db.execute("SELECT start_session($1, '-', $2)", a.patient, refresh.hash)
    if tag == "payments":
        body = {"appointment_id": a.appointment, "amount": "100.00", "currency": "USD"}
        answer = await client.post(f"{PAYMENTS}create/", headers=a.headers("patient"), json=body)
        order = answer.json()["paymentId"]
    return Participants(a, await make_patient(db), await make_doctor(db), a_slot(40).isoformat(), order, refresh.text)


async def headers_of(
    db: asyncpg.Connection, participants: Participants, caller: str, role: Role, secret: str
) -> dict[str, str]:
    """Return the headers of one of CALLERS; those whose token is no longer good are A's, of a role."""
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
    there, told = addresses.keys(), PERMISSIONS.keys()
    assert not there - told, f"say in tests/support/http/permissions.py who may call {', '.join(sorted(there - told))}"
    assert not told - there, f"gone, so take out of tests/support/http/permissions.py {', '.join(sorted(told - there))}"


@pytest.mark.parametrize("name", PERMISSIONS)
async def test_who_may_call(
    client: httpx.AsyncClient,
    owner: asyncpg.Connection,
    secret: str,
    addresses: dict[str, tuple[str, str]],
    name: str,
) -> None:
    method, path = addresses[name]
    call = EXAMPLE_REQUESTS.get(name, ExampleRequest())
    answers = []
    for caller in CALLERS:
        participants = await make_scene(owner, client, "payments" if "payment" in name else "")
        headers = await headers_of(owner, participants, caller, call.role or "patient", secret)
        body = BODIES[name](participants) if name in BODIES else call.body(participants.a) if call.body else None
        ids = (participants.a.appointment, participants.a.payment, participants.a.entry, participants.a.time_off)
        before = await owner.fetchval(ROWS_OF_A, *ids)
        answer = await client.request(method, participants.a.path(path), headers=headers, json=body)
        answers.append(told(answer))
        if not caller.endswith(" A"):
            assert await owner.fetchval(ROWS_OF_A, *ids) == before, f"{caller} changed what is A's"
    expected = PERMISSIONS[name].split()
    found = dict(zip(CALLERS, answers, strict=True))
    assert found == dict(zip(CALLERS, expected, strict=True)), (
        f"{method} {path} is not as tests/support/http/permissions.py says"
    )


def told(answer: httpx.Response) -> str:
    """Return an answer as the table says it."""
    problem = answer.headers.get("content-type") == "application/problem+json"
    if problem and answer.json()["code"] != USUAL.get(answer.status_code):
        return f"{answer.status_code}/{answer.json()['code']}"
    return str(answer.status_code)
