"""The check against PayPal's OpenAPI documents covers every call and finds faults."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.domain.payments.paypal.client import PayPal
from app.sandbox.paypal.refusals import ISSUES, MESSAGES
from app.sandbox.paypal.server import PayPalStandIn
from tests.support.paypal import openapi_documents
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.orders import captured, create, refund, signed

pytestmark = pytest.mark.skipif(not openapi_documents.are_available(), reason=openapi_documents.ABSENT)

ALL = {
    "/v2/checkout/orders",
    "/v2/checkout/orders/{id}",
    "/v2/checkout/orders/{id}/capture",
    "/v2/payments/captures/{capture_id}",
    "/v2/payments/captures/{capture_id}/refund",
    "/v2/payments/refunds/{refund_id}",
    "/v1/notifications/verify-webhook-signature",
}


async def everything(paypal: PayPal, fake_paypal: FakePayPal, stand_in: PayPalStandIn) -> None:
    """Make every call of the client."""
    capture = await captured(paypal, fake_paypal)
    await paypal.get_order(str(capture.order_id))
    await paypal.get_capture(capture.id)
    await paypal.get_refund((await refund(paypal, capture.id, note="ill")).id)
    body = b'{"id": "WH-1"}'
    assert await paypal.verify_webhook(headers=signed(body, stand_in), body=body, webhook_id=stand_in.webhook_id)


async def test_the_documents_contain_every_call(
    paypal: PayPal, fake_paypal: FakePayPal, stand_in: PayPalStandIn, requests: list[httpx.Request]
) -> None:
    await everything(paypal, fake_paypal, stand_in)  # `paypal` fails if a request or an answer is undocumented
    found = {operation.path for operation in map(openapi_documents.find, requests) if operation}
    assert found == ALL
    assert {request.url.path for request in requests if not openapi_documents.find(request)} == {"/v1/oauth2/token"}


def changed(body: bytes, change: Callable[[Any], None]) -> bytes:
    document = json.loads(body)
    change(document)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.update(intent="PAY"),
        lambda body: body.pop("purchase_units"),
        lambda body: body["purchase_units"][0]["amount"].update(value=100.0),
        lambda body: body["purchase_units"][0].update(custom_id="x" * 128),
        lambda body: body["payment_source"]["paypal"]["experience_context"].update(user_action="PAY_LATER"),
    ],
)
async def test_an_undocumented_request_is_found(
    paypal: PayPal, requests: list[httpx.Request], change: Callable[[Any], None]
) -> None:
    await create(paypal)
    sent = requests[-1]
    operation = openapi_documents.find(sent)
    assert operation
    broken = httpx.Request(sent.method, sent.url, headers=sent.headers, content=changed(sent.content, change))
    assert openapi_documents.request_faults(operation, sent) == []
    assert openapi_documents.request_faults(operation, broken)


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.update(status="PAID"),
        lambda body: body.update(id=1),
        lambda body: body["links"][0].pop("href"),
        lambda body: body["purchase_units"][0]["amount"].pop("value"),
        lambda body: body["purchase_units"][0]["payments"]["captures"][0].update(status="DENIED"),
        lambda body: body["payer"].update(payer_id="short"),
        lambda body: body.update(create_time="yesterday"),
    ],
)
async def test_an_undocumented_answer_is_found(
    paypal: PayPal, fake_paypal: FakePayPal, requests: list[httpx.Request], change: Callable[[Any], None]
) -> None:
    capture = await captured(paypal, fake_paypal)
    await paypal.get_order(str(capture.order_id))
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.send(requests[-1])
    operation = openapi_documents.find(answer.request)
    assert operation
    broken = httpx.Response(200, content=changed(answer.content, change), request=answer.request)
    assert openapi_documents.answer_faults(operation, answer) == []
    assert openapi_documents.answer_faults(operation, broken)


def test_each_refusal_of_the_stand_in_is_documented() -> None:
    orders, payments = openapi_documents.load("checkout_orders_v2"), openapi_documents.load("payments_payment_v2")
    known = {
        (item["properties"]["issue"]["enum"][0], text)
        for document in (orders, payments)
        for schema in document["components"]["schemas"].values()
        for item in schema.get("properties", {}).get("details", {}).get("items", {}).get("anyOf", [])
        for text in item["properties"]["description"].get("enum", [])
    }
    assert [name for name, issue in ISSUES.items() if (name, issue.description) not in known] == []
    messages = {
        (schema["properties"]["name"]["enum"][0], schema["properties"]["message"]["enum"][0])
        for name, schema in orders["components"]["schemas"].items()
        if name.startswith("error_") and "name" in schema.get("properties", {})
    }
    assert {message for status, message in MESSAGES.items() if status != 429} <= messages
