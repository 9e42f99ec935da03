"""The stand-in's webhooks: their content, signatures and retries."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from httpx import AsyncClient
from litestar import Litestar, Request, Response, post

from app.domain.payments.paypal.certificate_chain import public_roots
from app.domain.payments.paypal.certificates import Certificates, read_seeded
from app.domain.payments.paypal.client import PayPal
from app.domain.payments.paypal.webhook_signature import WebhookVerifier
from app.sandbox.paypal.server import PayPalStandIn
from tests.support.paypal import openapi_documents
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.orders import approved, captured, create, refund
from tests.support.servers.http_server import serving

SCHEMAS = {
    "checkout-order": ("checkout_orders_v2", "order"),
    "capture": ("payments_payment_v2", "capture-2"),
    "refund": ("payments_payment_v2", "refund"),
}


class Receiver:
    """A webhook receiver. It answers with the next of `statuses`, or with 200 if none is left."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []

    @property
    def types(self) -> list[str]:
        return [event["event_type"] for event in self.events]

    @property
    def events(self) -> list[Any]:
        return [json.loads(body) for _, body in self.received]

    async def has(self, number: int) -> None:
        """Wait until it has received this many webhooks."""
        async with asyncio.timeout(30):
            while len(self.received) < number:  # noqa: ASYNC110  the stand-in sends them
                await asyncio.sleep(0.02)

    def app(self) -> Litestar:

        @post("/hook")
        async def receive(request: Request[Any, Any, Any]) -> Response[None]:
            self.received.append((dict(request.headers), await request.body()))
            return Response(None, status_code=self.statuses.pop(0) if self.statuses else 200)

        return Litestar([receive], openapi_config=None, logging_config=None)


@pytest.fixture(scope="module")
def listener() -> Receiver:
    return Receiver()


@pytest_asyncio.fixture(scope="module", autouse=True)
async def listening(stand_in: PayPalStandIn, listener: Receiver) -> AsyncIterator[None]:
    """Serves the receiver and sends it the stand-in's webhooks."""
    async with serving(listener.app()) as url:
        stand_in.send_webhooks_to(f"{url}/hook")
        yield


@pytest_asyncio.fixture
async def receiver(listener: Receiver, fake_paypal: FakePayPal) -> AsyncIterator[Receiver]:
    """The receiver, emptied after each test."""
    yield listener
    async with asyncio.timeout(30):
        while any(event["state"] == "due" for event in (await fake_paypal.ledger())["events"]):  # noqa: ASYNC110  as above
            await asyncio.sleep(0.02)
    listener.received.clear()
    listener.statuses.clear()


async def test_each_event_has_a_webhook(paypal: PayPal, fake_paypal: FakePayPal, receiver: Receiver) -> None:
    capture = await captured(paypal, fake_paypal)
    await refund(paypal, capture.id, note="ill")
    await receiver.has(3)
    events = {event["event_type"]: event for event in receiver.events}
    assert set(events) == {"CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.REFUNDED"}
    assert events["CHECKOUT.ORDER.APPROVED"]["resource"]["id"] == capture.order_id
    assert events["PAYMENT.CAPTURE.COMPLETED"]["resource"]["id"] == capture.id
    assert events["PAYMENT.CAPTURE.COMPLETED"]["summary"] == "Payment completed for $ 100.00 USD"
    refunded = events["PAYMENT.CAPTURE.REFUNDED"]["resource"]
    assert refunded["links"][1]["href"].endswith(f"/v2/payments/captures/{capture.id}")
    assert refunded["seller_payable_breakdown"]["total_refunded_amount"]["value"] == "100.00"


async def test_a_late_decision_has_a_webhook(paypal: PayPal, fake_paypal: FakePayPal, receiver: Receiver) -> None:
    for status, operation in (("COMPLETED", "capture"), ("DECLINED", "capture"), ("FAILED", "refund")):
        await fake_paypal.add_fault(f"{operation}_{'order' if operation == 'capture' else 'capture'}", "pending")
        capture = await captured(paypal, fake_paypal)
        if operation == "capture":
            await fake_paypal.post(f"/captures/{capture.id}/decide", {"status": status})
        else:
            pending = await refund(paypal, capture.id)
            await fake_paypal.post(f"/refunds/{pending.id}/decide", {"status": status})
    await receiver.has(10)
    assert sorted(receiver.types) == sorted(
        ["CHECKOUT.ORDER.APPROVED"] * 3
        + ["PAYMENT.CAPTURE.PENDING"] * 2
        + ["PAYMENT.CAPTURE.COMPLETED"] * 2
        + ["PAYMENT.CAPTURE.DENIED", "PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED"]
    )


async def test_a_failure_has_a_webhook(paypal: PayPal, fake_paypal: FakePayPal, receiver: Receiver) -> None:
    await fake_paypal.add_fault("capture_order", "declined")
    await captured(paypal, fake_paypal)
    reversed_ = await captured(paypal, fake_paypal)
    await fake_paypal.post(f"/captures/{reversed_.id}/reverse")
    order = await approved(paypal, fake_paypal)
    await fake_paypal.post(f"/orders/{order.id}/reverse-approval")
    await receiver.has(7)
    events = {event["event_type"]: event["resource"] for event in receiver.events}
    assert events["PAYMENT.CAPTURE.DECLINED"]["status"] == "DECLINED"
    assert events["PAYMENT.CAPTURE.REVERSED"]["links"][1]["href"].endswith(f"/v2/payments/captures/{reversed_.id}")
    assert events["CHECKOUT.PAYMENT-APPROVAL.REVERSED"]["order_id"] == order.id


async def test_each_webhook_is_signed(
    paypal: PayPal, fake_paypal: FakePayPal, receiver: Receiver, stand_in: PayPalStandIn
) -> None:
    await captured(paypal, fake_paypal)
    await receiver.has(2)
    async with AsyncClient() as http:
        certificates = Certificates(http, public_roots(), read_seeded(stand_in.signer.certificates))
        verifier = WebhookVerifier(stand_in.webhook_id, certificates)
        for headers, body in receiver.received:
            await verifier.verify(headers, body)


@pytest.mark.skipif(not openapi_documents.are_available(), reason=openapi_documents.ABSENT)
async def test_events_and_their_resources_are_as_documented(
    paypal: PayPal, fake_paypal: FakePayPal, receiver: Receiver
) -> None:
    await fake_paypal.add_fault("refund_capture", "pending")
    capture = await captured(paypal, fake_paypal)
    pending = await refund(paypal, capture.id, note="ill")
    await fake_paypal.post(f"/refunds/{pending.id}/decide", {"status": "COMPLETED"})
    await receiver.has(4)
    notifications = openapi_documents.load("notifications_webhooks_v1")
    for event in receiver.events:
        assert not openapi_documents.schema_faults(
            notifications, notifications["components"]["schemas"]["event"], event
        )
        name, schema = SCHEMAS[event["resource_type"]]
        document = openapi_documents.load(name)
        assert not openapi_documents.schema_faults(
            document, document["components"]["schemas"][schema], event["resource"]
        )


async def test_an_event_can_be_read_again(
    paypal: PayPal, fake_paypal: FakePayPal, receiver: Receiver, raw: AsyncClient
) -> None:
    await approved(paypal, fake_paypal)
    await receiver.has(1)
    answer = await raw.get(f"/v1/notifications/webhooks-events/{receiver.events[0]['id']}")
    assert answer.json() == receiver.events[0]
    if (
        openapi_documents.are_available()
    ):  # the documents allow no hyphen in the id, but all of PayPal's examples have one
        operation = openapi_documents.find(answer.request)
        assert operation
        assert not openapi_documents.answer_faults(operation, answer)


async def test_a_webhook_that_is_not_accepted_is_sent_again(
    paypal: PayPal, fake_paypal: FakePayPal, receiver: Receiver
) -> None:
    receiver.statuses = [500, 404, 302]
    await approved(paypal, fake_paypal)
    await receiver.has(4)
    assert len({body for _, body in receiver.received}) == 1
    assert len({headers["paypal-transmission-id"] for headers, _ in receiver.received}) == 4


async def test_a_webhook_can_come_twice(paypal: PayPal, fake_paypal: FakePayPal, receiver: Receiver) -> None:
    await fake_paypal.add_fault("webhook", "duplicate")
    order = await approved(paypal, fake_paypal)
    await receiver.has(2)
    assert [event["resource"]["id"] for event in receiver.events] == [order.id] * 2
    assert receiver.events[0]["id"] == receiver.events[1]["id"]


async def test_a_webhook_can_come_after_a_later_one(
    paypal: PayPal, fake_paypal: FakePayPal, receiver: Receiver
) -> None:
    await fake_paypal.add_fault("webhook", "reorder", seconds=1)
    await captured(paypal, fake_paypal)
    await receiver.has(2)
    assert receiver.types == ["PAYMENT.CAPTURE.COMPLETED", "CHECKOUT.ORDER.APPROVED"]


async def test_a_webhook_can_be_withheld_and_released(
    paypal: PayPal, fake_paypal: FakePayPal, receiver: Receiver
) -> None:
    await fake_paypal.add_fault("webhook", "withhold", times=1)
    capture = await captured(paypal, fake_paypal)
    await receiver.has(1)
    assert receiver.types == ["PAYMENT.CAPTURE.COMPLETED"]
    await fake_paypal.post("/webhooks/release")
    await receiver.has(2)
    assert receiver.events[1]["resource"]["id"] == capture.order_id


async def test_a_webhook_can_be_sent_again_on_request(
    paypal: PayPal, fake_paypal: FakePayPal, receiver: Receiver
) -> None:
    await approved(paypal, fake_paypal)
    await receiver.has(1)
    await fake_paypal.post(f"/webhooks/{receiver.events[0]['id']}/resend")
    await receiver.has(2)
    assert receiver.events[0] == receiver.events[1]


async def test_undelivered_webhooks_are_sent_after_a_restart(tmp_path: Path) -> None:
    first = PayPalStandIn(tmp_path, webhook_pause=0.05)
    await first.start()
    async with PayPal(first.url, first.client_id, first.client_secret) as paypal, FakePayPal(first.url) as fake_paypal:
        order = await create(paypal)
        await fake_paypal.approve(order.id)
    await first.stop()
    second, receiver = PayPalStandIn(tmp_path, webhook_pause=0.05), Receiver()
    await second.start()
    async with serving(receiver.app()) as url:
        second.send_webhooks_to(f"{url}/hook")
        await receiver.has(1)
    assert receiver.events[0]["resource"]["id"] == order.id
    await second.stop()
