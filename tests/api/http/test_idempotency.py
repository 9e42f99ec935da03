"""`Idempotency-Key`: a request is done once, however often it is sent, and gets one answer."""

import asyncio

import asyncpg
import httpx
import pytest
import pytest_asyncio
from litestar.routes import HTTPRoute

from app.main import create_app
from app.settings import Settings
from tests.support.http.idempotent_requests import IDEMPOTENT_REQUESTS, KEY, REPLAYED, Practice, new_key, state
from tests.support.http.openapi_contract import Contract
from tests.support.paypal.payment_client import PaymentClient
from tests.support.servers.databases import Database

TIMES = 20


@pytest_asyncio.fixture
async def practice(database: Database, owner: asyncpg.Connection, payment_client: PaymentClient) -> Practice:
    """What the acts are about."""
    return Practice(database, owner, payment_client)


def test_every_post_outside_accounts_honours_a_key(contract: Contract, settings: Settings) -> None:
    """A new one must be added to the table, so that it is sent twenty times at once, too."""
    routes = [route for route in create_app(settings).routes if isinstance(route, HTTPRoute)]
    posts = {
        route.path_format: handler
        for route in routes
        for method, (handler, _) in route.route_handler_map.items()
        if method == "POST" and not route.path.startswith("/api/accounts/")
    }
    posts.pop("/api/payments/webhooks/paypal")  # whose events have names of their own
    for button in ("", "/decline"):
        posts.pop(
            f"/api/appointments/offers/link/{{token}}{button}"
        )  # no browser sends a key; a second press does nothing
    assert {handler.operation_id for handler in posts.values()} == IDEMPOTENT_REQUESTS.keys()
    documented = {found.spec["operationId"] for found in contract.operations if KEY in found.parameters("header")}
    assert documented == IDEMPOTENT_REQUESTS.keys()
    for found in contract.operations:
        if found.spec["operationId"] in IDEMPOTENT_REQUESTS:
            assert {"400", "409", "422"} <= found.spec["responses"].keys()


@pytest.mark.parametrize("name", IDEMPOTENT_REQUESTS)
async def test_sent_twenty_times_at_once_it_is_done_once(
    client: httpx.AsyncClient, practice: Practice, name: str
) -> None:
    alone, act, key = await IDEMPOTENT_REQUESTS[name](practice), await IDEMPOTENT_REQUESTS[name](practice), new_key()
    before = await state(practice.owner, act)
    unkeyed = await alone.send(client)
    assert unkeyed.is_success, unkeyed.text
    answers = await asyncio.gather(*(act.send(client, key) for _ in range(TIMES)))
    assert {answer.status_code for answer in answers} == {unkeyed.status_code}, answers[0].text
    assert len({answer.content for answer in answers}) == 1
    assert [answer.headers.get(REPLAYED) for answer in answers].count("true") == TIMES - 1
    assert answers[0].json().keys() == unkeyed.json().keys()
    after = await state(practice.owner, act)
    assert after == await state(practice.owner, alone) != before
    again = await act.send(client, key)
    assert (again.status_code, again.content) == (answers[0].status_code, answers[0].content)
    assert again.headers[REPLAYED] == "true"
    assert await state(practice.owner, act) == after
