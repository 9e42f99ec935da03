"""PayPal's webhooks: stored once, answered at once, and used only as a signal to check the payment."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from asyncpg import Connection
from httpx import AsyncClient
from structlog.testing import capture_logs

from app.sandbox.paypal.server import PayPalStandIn
from app.settings import Settings
from tests.support.http.answers import assert_problem
from tests.support.http.clients import api_client
from tests.support.paypal.payment_client import BegunPayment, PaymentClient
from tests.support.paypal.webhook_events import event
from tests.support.paypal.worker_jobs import Jobs

WEBHOOKS = "/api/payments/webhooks/paypal/"
EVENT = "SELECT kind, payment_id FROM webhook_event WHERE id = $1"
SECRET = "only-in-the-body"


def signed(stand_in: PayPalStandIn, body: bytes) -> dict[str, str]:
    return stand_in.signer.headers(body, stand_in.webhook_id)


async def send(client: AsyncClient, stand_in: PayPalStandIn, body: bytes) -> httpx.Response:
    return await client.post(WEBHOOKS, content=body, headers=signed(stand_in, body))


async def kept(owner: Connection, body: bytes) -> tuple[Any, ...] | None:
    """Return (kind, payment) of a stored event."""
    row = await owner.fetchrow(EVENT, json.loads(body)["id"])
    return tuple(row) if row else None


async def is_due(payment_client: PaymentClient, begun: BegunPayment) -> bool:
    """Return whether a payment is due for the worker."""
    due: bool = await payment_client.owner.fetchval("SELECT due_at <= now() FROM payment WHERE id = $1", begun.payment)
    return due


async def not_due(payment_client: PaymentClient, begun: BegunPayment) -> None:
    await payment_client.owner.execute("UPDATE payment SET due_at = NULL WHERE id = $1", begun.payment)


NAMES: dict[str, Any] = {
    "order": lambda begun, **_: {"id": begun.order},
    "reference of the order": lambda reference, **_: {"id": "X", "purchase_units": [{"custom_id": reference}]},
    "order of a reversed approval": lambda begun, **_: {"order_id": begun.order, "purchase_units": [{}]},
    "capture": lambda capture, **_: {"id": capture},
    "reference of the capture": lambda reference, **_: {"id": "X", "custom_id": reference},
    "order of the capture": lambda begun, **_: {
        "id": "X",
        "supplementary_data": {"related_ids": {"order_id": begun.order}},
    },
    "capture of a refund": lambda capture, **_: {
        "id": "X",
        "links": [
            {"rel": "self", "href": "https://api.paypal.com/v2/payments/refunds/X", "method": "GET"},
            {"rel": "up", "href": f"https://api.paypal.com/v2/payments/captures/{capture}", "method": "GET"},
        ],
    },
}


@pytest.mark.parametrize("name", NAMES)
async def test_an_event_makes_its_payment_due(
    payment_client: PaymentClient, stand_in: PayPalStandIn, name: str, paid: BegunPayment
) -> None:
    row = await payment_client.payment(paid)
    await payment_client.wait_for_webhook(paid, "PAYMENT.CAPTURE.COMPLETED")
    await not_due(payment_client, paid)
    body = event(resource=NAMES[name](begun=paid, reference=str(row["reference"]), capture=row["capture_id"]))
    answer = await send(payment_client.client, stand_in, body)
    assert (answer.status_code, answer.content) == (204, b"")
    assert await kept(payment_client.owner, body) == ("PAYMENT.CAPTURE.COMPLETED", paid.payment)
    assert await is_due(payment_client, paid)


async def test_an_event_counts_once(payment_client: PaymentClient, stand_in: PayPalStandIn) -> None:
    begun = await payment_client.begin()
    body = event("CHECKOUT.ORDER.APPROVED", {"id": begun.order})
    answers = await asyncio.gather(*(send(payment_client.client, stand_in, body) for _ in range(8)))
    assert [answer.status_code for answer in answers] == [204] * 8
    await not_due(payment_client, begun)
    assert (await send(payment_client.client, stand_in, body)).status_code == 204
    assert not await is_due(payment_client, begun)


STRANGE: dict[str, Any] = {
    "about an order that is none of ours": {"id": "5O190127TN364715T"},
    "about nothing": {},
    "about a list": [],
    "about a text": "5O190127TN364715T",
    "about a number": {"id": 1, "custom_id": 2},
    "with nulls": {"id": None, "custom_id": None, "supplementary_data": None, "purchase_units": None, "links": None},
    "with other shapes": {"supplementary_data": [], "purchase_units": {"custom_id": 1}, "links": [{"rel": "up"}, 1]},
}


@pytest.mark.parametrize("what", STRANGE)
@pytest.mark.parametrize("kind", ["PAYMENT.CAPTURE.COMPLETED", "BILLING.PLAN.CREATED", "MADE.UP"])
async def test_an_unrelated_event_is_only_stored(
    client: AsyncClient, owner: Connection, stand_in: PayPalStandIn, what: str, kind: str
) -> None:
    body = event(kind, STRANGE[what])
    assert (await send(client, stand_in, body)).status_code == 204
    assert await kept(owner, body) == (kind, None)


GARBAGE = [b"", b"null", b"[]", b"{}", b'"x"', b"{", b"\xff", b"[" * 100_000, b'{"a":' * 100_000, b"\x00", b"a=1&b=2"]
GARBAGE += [event(id=wrong) for wrong in (1, "", "a\x00b", "x" * 1000)]
GARBAGE += [event(kind="a\x00b"), event(event_type=None)]


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
async def test_a_signed_body_that_is_no_event(
    client: AsyncClient, owner: Connection, stand_in: PayPalStandIn, body: bytes
) -> None:
    before = await owner.fetchval("SELECT count(*) FROM webhook_event")
    problem = assert_problem(await send(client, stand_in, body), 400, "invalid_request")
    assert problem["detail"] == "The body is not a PayPal event."
    assert await owner.fetchval("SELECT count(*) FROM webhook_event") == before


@pytest.mark.parametrize("depth", [100, 500, 900, 950, 990, 1000, 5000])
async def test_a_deeply_nested_event(client: AsyncClient, stand_in: PayPalStandIn, depth: int) -> None:
    deep = b'{"y":' * depth + b'"x"' + b"}" * depth
    answer = await send(client, stand_in, event(resource="deep").replace(b'"deep"', deep))
    assert answer.status_code in (204, 400), answer.text


async def test_a_huge_body(client: AsyncClient, stand_in: PayPalStandIn) -> None:
    assert_problem(await send(client, stand_in, event(summary="x" * 2**20)), 413, "body_too_large")
    assert_problem(await client.post(WEBHOOKS, content=b"x" * 2**21), 413, "body_too_large")


async def test_only_post(client: AsyncClient) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert_problem(await client.request(method, WEBHOOKS), 405, "method_not_allowed")


async def test_the_content_of_an_event_is_not_trusted(
    payment_client: PaymentClient, stand_in: PayPalStandIn, worker: Jobs, begun: BegunPayment
) -> None:
    row = await payment_client.payment(begun)
    resource = {
        "id": "3C679366HH908993F",
        "status": "COMPLETED",
        "amount": {"currency_code": "USD", "value": "100.00"},
        "custom_id": str(row["reference"]),
        "supplementary_data": {"related_ids": {"order_id": begun.order}},
    }
    await send(payment_client.client, stand_in, event(resource=resource))
    await worker.settle(begun)
    assert await payment_client.statuses(begun) == ("created", "pending")
    assert (await payment_client.payment(begun))["capture_id"] is None


async def test_no_log_quotes_a_body(client: AsyncClient, stand_in: PayPalStandIn) -> None:
    good, bad = event(summary=SECRET), event(summary=SECRET, id=1)
    with capture_logs() as logs:
        await send(client, stand_in, good)
        await send(client, stand_in, bad)
        await client.post(WEBHOOKS, content=good)
        await client.post(WEBHOOKS, content=b"x" * 2**21 + SECRET.encode())
    assert [line["status"] for line in logs if line["event"] == "request_completed"] == [204, 400, 403, 413]
    assert SECRET not in str(logs)
    assert stand_in.webhook_id not in str(logs)


@pytest_asyncio.fixture
async def asking(settings: Settings) -> AsyncIterator[AsyncClient]:
    """A client of an API that asks PayPal to verify signatures."""
    async with api_client(settings, paypal_webhook_verification="paypal", paypal_certificates=None) as client:
        yield client


async def test_paypal_can_verify_signatures(asking: AsyncClient, owner: Connection, stand_in: PayPalStandIn) -> None:
    body = event()
    headers = signed(stand_in, body)
    for altered in (body.replace(b"100.00", b"900.00"), json.dumps(json.loads(body)).encode(), body[:-1], b"", b"{}"):
        assert_problem(await asking.post(WEBHOOKS, content=altered, headers=headers), 403, "webhook_forged")
    assert_problem(await asking.post(WEBHOOKS, content=body), 403, "webhook_forged")
    other = stand_in.signer.headers(body, "0EH40505U7160970P")
    assert_problem(await asking.post(WEBHOOKS, content=body, headers=other), 403, "webhook_forged")
    assert await kept(owner, body) is None
    assert (await asking.post(WEBHOOKS, content=body, headers=headers)).status_code == 204
    assert await kept(owner, body) == ("PAYMENT.CAPTURE.COMPLETED", None)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff", b"null", b'{"a": 1, "a": 2}'])
async def test_paypal_checks_malformed_bodies(asking: AsyncClient, stand_in: PayPalStandIn, body: bytes) -> None:
    forged = stand_in.signer.headers(body, "0EH40505U7160970P")
    assert_problem(await asking.post(WEBHOOKS, content=body, headers=forged), 403, "webhook_forged")


async def test_malformed_headers_are_refused_at_once(
    asking: AsyncClient, payment_client: PaymentClient, stand_in: PayPalStandIn
) -> None:
    body = event()
    headers = signed(stand_in, body)
    await payment_client.fake_paypal.add_fault("verify_webhook", "error_before", times=4)
    for name in ("PAYPAL-TRANSMISSION-ID", "PAYPAL-TRANSMISSION-SIG", "PAYPAL-CERT-URL"):
        answer = await asking.post(WEBHOOKS, content=body, headers=headers | {name: "a b"})
        assert_problem(answer, 403, "webhook_forged")


async def test_a_webhook_during_an_outage(
    asking: AsyncClient, payment_client: PaymentClient, owner: Connection, stand_in: PayPalStandIn
) -> None:
    body = event()
    headers = signed(stand_in, body)
    await payment_client.fake_paypal.add_fault("verify_webhook", "error_before", times=4)
    problem = assert_problem(await asking.post(WEBHOOKS, content=body, headers=headers), 503, "webhook_undecided")
    assert problem["detail"] == "The signature cannot be checked at the moment."
    assert await kept(owner, body) is None
    assert (await asking.post(WEBHOOKS, content=body, headers=headers)).status_code == 204


async def test_without_a_webhook_id_webhooks_are_refused(settings: Settings, stand_in: PayPalStandIn) -> None:
    async with api_client(settings, paypal_webhook_id="") as client:
        body = event()
        assert_problem(await send(client, stand_in, body), 503, "payments_not_configured")
        forged = stand_in.signer.headers(body, "")  # signed for the empty id
        assert_problem(await client.post(WEBHOOKS, content=body, headers=forged), 503, "payments_not_configured")
