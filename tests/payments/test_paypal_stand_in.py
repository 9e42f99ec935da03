"""The PayPal stand-in's answers to requests that our client does not send."""

import asyncio
import base64
from typing import Any
from uuid import uuid4

import httpx
import pytest
from httpx import AsyncClient

from app.sandbox.paypal.server import PayPalStandIn
from tests.support.paypal import openapi_documents
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.raw_calls import (
    AMOUNT,
    ORDER,
    RETURN_REPRESENTATION,
    WITH_SOURCE,
    capture_id,
    issue,
    post,
    relations,
)


async def test_statuses_and_links_of_an_order_without_a_source(raw: AsyncClient, fake_paypal: FakePayPal) -> None:
    created = await post(raw, "/v2/checkout/orders", ORDER)
    assert created.status_code == 201
    assert set(created.json()) == {"id", "status", "links"}
    assert (created.json()["status"], relations(created)) == ("CREATED", ["self", "approve", "capture"])
    order = f"/v2/checkout/orders/{created.json()['id']}"
    await fake_paypal.approve(created.json()["id"])
    approved = await raw.get(order)
    assert (approved.json()["status"], relations(approved)) == ("APPROVED", ["self", "capture"])
    captured = await post(raw, f"{order}/capture")
    assert (captured.status_code, captured.json()["status"], relations(captured)) == (201, "COMPLETED", ["self"])
    assert captured.json()["purchase_units"][0]["payments"]["captures"][0]["status"] == "COMPLETED"
    assert "amount" not in captured.json()["purchase_units"][0]


async def test_with_a_source_the_payer_has_to_act(raw: AsyncClient) -> None:
    created = await post(
        raw, "/v2/checkout/orders", WITH_SOURCE, PayPal_Request_Id=uuid4().hex, **RETURN_REPRESENTATION
    )
    assert (created.json()["status"], relations(created)) == ("PAYER_ACTION_REQUIRED", ["self", "payer-action"])
    assert created.json()["purchase_units"][0]["amount"] == AMOUNT
    assert "payer" not in created.json()


async def test_a_request_id_makes_a_call_safe_to_repeat(raw: AsyncClient, fake_paypal: FakePayPal) -> None:
    ids = {"PayPal_Request_Id": uuid4().hex}
    created = await post(raw, "/v2/checkout/orders", WITH_SOURCE, **ids)
    again = await post(raw, "/v2/checkout/orders", WITH_SOURCE | {"intent": "CAPTURE"}, **ids)
    assert (created.status_code, again.status_code) == (201, 200)
    assert created.json() == again.json()
    await fake_paypal.approve(created.json()["id"])
    path = f"/v2/checkout/orders/{created.json()['id']}/capture"
    captured, again = await post(raw, path, **ids), await post(raw, path, **ids)  # the same id for another operation
    assert (captured.status_code, again.status_code) == (201, 200)
    assert captured.json() == again.json()
    path = f"/v2/payments/captures/{capture_id(captured)}/refund"
    refunded, again = await post(raw, path, **ids), await post(raw, path, **ids)
    assert (refunded.status_code, again.status_code) == (201, 201)
    assert refunded.json() == again.json()
    assert set(refunded.json()) == {"id", "status", "links"}


async def test_without_a_request_id_everything_is_done_again(raw: AsyncClient) -> None:
    first, second = [await post(raw, "/v2/checkout/orders", ORDER) for _ in range(2)]
    assert first.json()["id"] != second.json()["id"]


async def test_the_same_request_twice_at_once_is_in_conflict(raw: AsyncClient, fake_paypal: FakePayPal) -> None:
    await fake_paypal.add_fault("create_order", "slow_before", seconds=1)
    calls = [post(raw, "/v2/checkout/orders", ORDER, PayPal_Request_Id="the-same") for _ in range(2)]
    answers = await asyncio.gather(*calls)
    assert sorted(answer.status_code for answer in answers) == [201, 409]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (WITH_SOURCE, (400, "PAYPAL_REQUEST_ID_REQUIRED")),
        ({"intent": "CAPTURE"}, (400, "MISSING_REQUIRED_PARAMETER")),
        (ORDER | {"intent": "PAY"}, (400, "INVALID_PARAMETER_VALUE")),
        (ORDER | {"intent": "AUTHORIZE"}, (422, "AUTH_CAPTURE_NOT_ENABLED")),
        (ORDER | {"purchase_units": []}, (400, "INVALID_ARRAY_MIN_ITEMS")),
        (ORDER | {"purchase_units": [{"amount": AMOUNT}] * 2}, (400, "INVALID_ARRAY_MAX_ITEMS")),
        (ORDER | {"purchase_units": [{}]}, (400, "MISSING_REQUIRED_PARAMETER")),
        (ORDER | {"purchase_units": "x"}, (400, "INVALID_PARAMETER_SYNTAX")),
        ([], (400, "INVALID_PARAMETER_SYNTAX")),
        (ORDER | {"purchase_units": [{"amount": AMOUNT, "custom_id": ""}]}, (400, "INVALID_STRING_LENGTH")),
        (ORDER | {"purchase_units": [{"amount": AMOUNT, "custom_id": "x" * 128}]}, (400, "INVALID_STRING_LENGTH")),
    ],
)
async def test_a_malformed_order_is_refused(raw: AsyncClient, body: Any, expected: tuple[int, str]) -> None:
    assert issue(await post(raw, "/v2/checkout/orders", body)) == expected


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        ("0", "USD", (422, "CANNOT_BE_ZERO_OR_NEGATIVE")),
        ("-1", "USD", (422, "CANNOT_BE_ZERO_OR_NEGATIVE")),
        ("0.001", "USD", (422, "DECIMAL_PRECISION")),
        ("1.5", "JPY", (422, "DECIMAL_PRECISION")),
        ("1", "XXX", (422, "INVALID_CURRENCY_CODE")),
        ("9" * 32, "USD", (422, "MAX_VALUE_EXCEEDED")),
        ("-" + "9" * 31, "USD", (422, "CANNOT_BE_ZERO_OR_NEGATIVE")),
        ("NaN", "USD", (400, "INVALID_PARAMETER_SYNTAX")),
        ("1e2", "USD", (400, "INVALID_PARAMETER_SYNTAX")),
        ("9" * 33, "USD", (400, "INVALID_STRING_LENGTH")),
        (100, "USD", (400, "INVALID_PARAMETER_SYNTAX")),
        ("1", "US", (400, "INVALID_STRING_LENGTH")),
    ],
)
async def test_amounts_that_are_refused(raw: AsyncClient, value: Any, currency: str, expected: tuple[int, str]) -> None:
    unit = {"amount": {"value": value, "currency_code": currency}}
    assert issue(await post(raw, "/v2/checkout/orders", ORDER | {"purchase_units": [unit]})) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ({"value": "1.5", "currency_code": "JPY"}, (422, "DECIMALS_NOT_SUPPORTED")),
        ({"value": "1.005", "currency_code": "USD"}, (422, "DECIMAL_PRECISION")),
        ({"value": "0", "currency_code": "USD"}, (422, "CANNOT_BE_ZERO_OR_NEGATIVE")),
        ({"value": "1"}, (400, "MISSING_REQUIRED_PARAMETER")),
    ],
)
async def test_refunds_that_are_refused(
    raw: AsyncClient, fake_paypal: FakePayPal, amount: Any, expected: tuple[int, str]
) -> None:
    created = await post(raw, "/v2/checkout/orders", ORDER)
    await fake_paypal.approve(created.json()["id"])
    captured = await post(raw, f"/v2/checkout/orders/{created.json()['id']}/capture")
    path = f"/v2/payments/captures/{capture_id(captured)}/refund"
    assert issue(await post(raw, path, {"amount": amount})) == expected


async def test_a_body_must_be_json(raw: AsyncClient) -> None:
    for content_type, body, status in (
        ("application/json", b"{", 400),
        ("application/json", b"\xff", 400),
        ("text/plain", b"{}", 415),
        ("", b"{}", 415),
    ):
        headers = {"Content-Type": content_type}
        answer = await raw.post("/v2/checkout/orders", content=body, headers=headers)
        assert answer.status_code == status


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Basic eDp5", "x"])
async def test_a_call_without_a_token_is_refused(stand_in: PayPalStandIn, authorization: str) -> None:
    async with AsyncClient(base_url=stand_in.url, trust_env=False) as http:
        headers = {"Authorization": authorization} if authorization else {}
        answer = await http.get("/v2/checkout/orders/5O190127TN364715T", headers=headers)
    await openapi_documents.check(answer)
    assert (answer.status_code, answer.json()["name"]) == (401, "AUTHENTICATION_FAILURE")


@pytest.mark.parametrize(
    "login", ["", "Basic", "Basic !", "Basic " + base64.b64encode(b"sandbox:x").decode(), "Bearer x"]
)
async def test_a_token_needs_the_secret(stand_in: PayPalStandIn, login: str) -> None:
    async with AsyncClient(base_url=stand_in.url, trust_env=False) as http:
        answer = await http.post(
            "/v1/oauth2/token", content=b"grant_type=client_credentials", headers={"Authorization": login}
        )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("INSTRUMENT_DECLINED", (422, "INSTRUMENT_DECLINED")),
        (["ORDER_ALREADY_CAPTURED"], (422, "ORDER_ALREADY_CAPTURED")),
        ("PERMISSION_DENIED", (403, "PERMISSION_DENIED")),
        ("NO_SUCH_CODE", (400, "INVALID_PARAMETER_VALUE")),
    ],
)
async def test_a_refusal_can_be_asked_for(raw: AsyncClient, codes: Any, expected: tuple[int, str]) -> None:
    header = httpx.Request("POST", "http://x", json={"mock_application_codes": codes}).content.decode()
    answer = await post(raw, "/v2/checkout/orders/5O190127TN364715T/capture", PayPal_Mock_Response=header)
    assert issue(answer) == expected


@pytest.mark.parametrize(("code", "status"), [("INTERNAL_SERVER_ERROR", 500), ("SERVICE_UNAVAILABLE", 503)])
async def test_a_failure_can_be_asked_for(raw: AsyncClient, code: str, status: int) -> None:
    header = f'{{"mock_application_codes": "{code}"}}'
    answer = await post(raw, "/v2/checkout/orders/5O190127TN364715T/capture", PayPal_Mock_Response=header)
    assert (answer.status_code, answer.json()["name"]) == (status, code)


@pytest.mark.parametrize("header", ["x", "[]", "{}", '{"mock_application_codes": 1}'])
async def test_an_invalid_mock_header_is_refused(raw: AsyncClient, header: str) -> None:
    answer = await post(raw, "/v2/checkout/orders/5O190127TN364715T/capture", PayPal_Mock_Response=header)
    assert answer.status_code == 400


async def test_an_unknown_path_is_answered_as_paypal_does(raw: AsyncClient) -> None:
    for method, path in (("GET", "/v2/nothing"), ("DELETE", "/v2/checkout/orders"), ("GET", "/v1/oauth2/token")):
        answer = await raw.request(method, path)
        assert (answer.status_code, answer.json()["name"]) == (404, "RESOURCE_NOT_FOUND")
        assert answer.headers["paypal-debug-id"] == answer.json()["debug_id"]


@pytest.mark.parametrize(
    "fault",
    [
        {"operation": "capture_order", "kind": "failed"},
        {"operation": "webhook", "kind": "drop_after"},
        {"operation": "get_order", "kind": "withhold"},
        {"operation": "x", "kind": "drop_after"},
        {"operation": "capture_order", "kind": "refused", "issue": "x"},
        {"operation": "capture_order", "kind": "drop_after", "times": 0},
        {"operation": "capture_order", "kind": "drop_after", "second": 1},
        {"operation": "capture_order", "kind": "drop_after", "status": 404},
    ],
)
async def test_an_invalid_fault_is_refused(raw: AsyncClient, fake_paypal: FakePayPal, fault: dict[str, Any]) -> None:
    answer = await raw.post("/faults", json=fault)
    assert answer.status_code == 400, answer.text
    assert await fake_paypal.faults() == []
