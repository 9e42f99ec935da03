"""The PayPal client against the stand-in: successful calls and refusals."""

from collections.abc import Coroutine
from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.domain.payments.money import Money
from app.domain.payments.paypal.answers import Capture, Order
from app.domain.payments.paypal.client import PayPal
from app.domain.payments.paypal.errors import PayPalRefused
from app.sandbox.paypal.server import PayPalStandIn
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.orders import HUNDRED, approved, captured, create, new_id, refund, signed


async def test_an_order_is_created_approved_and_captured(paypal: PayPal, fake_paypal: FakePayPal) -> None:
    reference = new_id()
    order = await create(paypal, reference=reference)
    assert order == Order(
        id=order.id,
        status="PAYER_ACTION_REQUIRED",
        reference=reference,
        amount=HUNDRED,
        approval_url=order.approval_url,
        payer_id=None,
        capture=None,
    )
    assert order.approval_url
    assert order.approval_url.endswith(f"/checkoutnow?token={order.id}")
    await fake_paypal.approve(order.id)
    seen = await paypal.get_order(order.id)
    assert (seen.status, seen.reference, seen.amount, seen.capture) == ("APPROVED", reference, HUNDRED, None)
    paid = await paypal.capture_order(order.id, request_id=new_id())
    assert paid.status == "COMPLETED"
    assert paid.payer_id == seen.payer_id is not None
    assert paid.capture == Capture(
        id=paid.capture.id if paid.capture else "",
        status="COMPLETED",
        amount=HUNDRED,
        reason=None,
        reference=reference,
        order_id=order.id,
    )
    assert await paypal.get_capture(paid.capture.id) == paid.capture
    assert await paypal.get_order(order.id) == paid


async def test_texts_that_are_too_long_are_cut(paypal: PayPal, fake_paypal: FakePayPal) -> None:
    order = await create(paypal, description="d" * 200)
    await fake_paypal.approve(order.id)
    paid = (await paypal.capture_order(order.id, request_id=new_id())).capture
    assert paid
    await refund(paypal, paid.id, note="n" * 300)
    ledger = await fake_paypal.ledger()
    assert {len(order["description"]) for order in ledger["orders"] if order["id"] == paid.order_id} == {127}
    assert {len(refund["note"]) for refund in ledger["refunds"] if refund["capture_id"] == paid.id} == {255}


@pytest.mark.parametrize("amount", [("0.01", "USD"), ("100", "JPY"), ("1", "HUF"), ("999999999999999.99", "EUR")])
async def test_amounts_arrive_as_they_were_meant(
    paypal: PayPal, fake_paypal: FakePayPal, amount: tuple[str, str]
) -> None:
    money = Money.parse(*amount)
    capture = await captured(paypal, fake_paypal, money)
    assert capture.amount == money
    (order,) = (order for order in (await fake_paypal.ledger())["orders"] if order["id"] == capture.order_id)
    assert order["amount"] == {"value": amount[0], "currency_code": amount[1]}


async def test_money_is_given_back_in_parts_up_to_all_of_it(paypal: PayPal, fake_paypal: FakePayPal) -> None:
    capture = await captured(paypal, fake_paypal)

    async def give_back(amount: str) -> None:
        money = Money(Decimal(amount), "USD")
        done = await refund(paypal, capture.id, money, note="The doctor is ill.")
        expected = ("COMPLETED", money, "refund-1", capture.id)
        assert (done.status, done.amount, done.reference, done.capture_id) == expected
        assert await paypal.get_refund(done.id) == done

    await give_back("40.00")
    assert (await paypal.get_capture(capture.id)).status == "PARTIALLY_REFUNDED"
    with pytest.raises(PayPalRefused, match="REFUND_AMOUNT_EXCEEDED"):
        await give_back("60.01")
    await give_back("60.00")
    assert (await paypal.get_capture(capture.id)).status == "REFUNDED"
    with pytest.raises(PayPalRefused, match="CAPTURE_FULLY_REFUNDED"):
        await give_back("0.01")


async def test_an_order_that_is_not_approved_is_refused_and_then_works_with_the_same_request_id(
    paypal: PayPal, fake_paypal: FakePayPal
) -> None:
    order, request_id = await create(paypal), new_id()
    with pytest.raises(PayPalRefused) as refused:
        await paypal.capture_order(order.id, request_id=request_id)
    error = refused.value
    assert (error.status, error.name, error.issue) == (422, "UNPROCESSABLE_ENTITY", "ORDER_NOT_APPROVED")
    assert error.debug_id
    await fake_paypal.approve(order.id)
    assert (await paypal.capture_order(order.id, request_id=request_id)).capture


async def test_money_is_taken_once(paypal: PayPal, fake_paypal: FakePayPal) -> None:
    order, request_id = await approved(paypal, fake_paypal), new_id()
    paid = await paypal.capture_order(order.id, request_id=request_id)
    assert await paypal.capture_order(order.id, request_id=request_id) == paid
    with pytest.raises(PayPalRefused, match="ORDER_ALREADY_CAPTURED"):
        await paypal.capture_order(order.id, request_id=new_id())
    assert len(await fake_paypal.captures_of(order.id)) == 1


async def test_no_two_orders_of_one_reference_are_paid(paypal: PayPal, fake_paypal: FakePayPal) -> None:
    reference = new_id()
    first, second = [await approved(paypal, fake_paypal, reference=reference) for _ in range(2)]
    await paypal.capture_order(first.id, request_id=new_id())
    with pytest.raises(PayPalRefused, match="DUPLICATE_INVOICE_ID"):
        await paypal.capture_order(second.id, request_id=new_id())


async def test_a_declined_instrument_leads_the_payer_back_to_paypal(paypal: PayPal, fake_paypal: FakePayPal) -> None:
    order, request_id = await approved(paypal, fake_paypal), new_id()
    approval_url = f"/checkoutnow?token={order.id}"
    await fake_paypal.add_fault("capture_order", "refused", issue="INSTRUMENT_DECLINED")
    for _ in range(2):  # the second call gets the answer of the first
        with pytest.raises(PayPalRefused) as refused:
            await paypal.capture_order(order.id, request_id=request_id)
        assert refused.value.issue == "INSTRUMENT_DECLINED"
        assert refused.value.redirect
        assert refused.value.redirect.endswith(approval_url)
    assert (await fake_paypal.get(approval_url)).status_code == 200
    await fake_paypal.approve(order.id)
    assert (await paypal.capture_order(order.id, request_id=new_id())).capture


async def test_too_many_declined_instruments_end_an_order(paypal: PayPal, fake_paypal: FakePayPal) -> None:
    order = await approved(paypal, fake_paypal)
    await fake_paypal.add_fault("capture_order", "refused", times=10)
    for issue in ["INSTRUMENT_DECLINED"] * 10 + ["MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED"]:
        with pytest.raises(PayPalRefused, match=issue):
            await paypal.capture_order(order.id, request_id=new_id())


async def test_a_completed_order_is_not_always_paid(paypal: PayPal, fake_paypal: FakePayPal) -> None:
    order = await approved(paypal, fake_paypal)
    await fake_paypal.add_fault("capture_order", "declined")
    declined = await paypal.capture_order(order.id, request_id=new_id())
    assert declined.status == "COMPLETED"
    assert declined.capture
    assert declined.capture.status == "DECLINED"


@pytest.mark.parametrize("end", ["COMPLETED", "DECLINED"])
async def test_a_pending_capture_is_decided_later(paypal: PayPal, fake_paypal: FakePayPal, end: str) -> None:
    order, request_id = await approved(paypal, fake_paypal), new_id()
    await fake_paypal.add_fault("capture_order", "pending", reason="PENDING_REVIEW")
    waiting = (await paypal.capture_order(order.id, request_id=request_id)).capture
    assert waiting
    assert (waiting.status, waiting.reason) == ("PENDING", "PENDING_REVIEW")
    with pytest.raises(PayPalRefused, match="PENDING_CAPTURE"):
        await refund(paypal, waiting.id)
    await fake_paypal.post(f"/captures/{waiting.id}/decide", {"status": end})
    decided = await paypal.get_capture(waiting.id)
    assert (decided.status, decided.reason) == (end, None)
    assert (await paypal.capture_order(order.id, request_id=request_id)).capture == decided  # its latest status


@pytest.mark.parametrize("end", ["COMPLETED", "FAILED"])
async def test_a_pending_refund_is_decided_later(paypal: PayPal, fake_paypal: FakePayPal, end: str) -> None:
    capture = await captured(paypal, fake_paypal)
    await fake_paypal.add_fault("refund_capture", "pending")
    waiting = await refund(paypal, capture.id)
    assert (waiting.status, waiting.reason) == ("PENDING", "ECHECK")
    with pytest.raises(PayPalRefused, match="CAPTURE_FULLY_REFUNDED"):
        await refund(paypal, capture.id)
    await fake_paypal.post(f"/refunds/{waiting.id}/decide", {"status": end})
    assert (await paypal.get_refund(waiting.id)).status == end
    assert (await paypal.get_capture(capture.id)).status == ("REFUNDED" if end == "COMPLETED" else "COMPLETED")


async def test_a_refund_can_fail(paypal: PayPal, fake_paypal: FakePayPal) -> None:
    capture = await captured(paypal, fake_paypal)
    await fake_paypal.add_fault("refund_capture", "failed")
    failed = await refund(paypal, capture.id)
    assert failed.status == "FAILED"
    again = await refund(paypal, capture.id)
    assert again.status == "COMPLETED"


async def test_a_reversed_capture_cannot_be_refunded(paypal: PayPal, fake_paypal: FakePayPal) -> None:
    capture = await captured(paypal, fake_paypal)
    await fake_paypal.post(f"/captures/{capture.id}/reverse")
    reversed_ = await paypal.get_capture(capture.id)
    assert (reversed_.status, reversed_.reason) == ("REFUNDED", "CHARGEBACK")
    with pytest.raises(PayPalRefused, match="CHARGEBACK"):
        await refund(paypal, capture.id)


async def test_an_approval_can_be_taken_back(paypal: PayPal, fake_paypal: FakePayPal) -> None:
    order = await approved(paypal, fake_paypal)
    await fake_paypal.post(f"/orders/{order.id}/reverse-approval")
    with pytest.raises(PayPalRefused, match="ORDER_NOT_APPROVED"):
        await paypal.capture_order(order.id, request_id=new_id())


@pytest.mark.parametrize("amount", [Money(Decimal(0), "USD"), Money(Decimal(1), "XXX")])
async def test_an_order_with_an_invalid_amount_is_refused(paypal: PayPal, amount: Money) -> None:
    with pytest.raises(PayPalRefused) as refused:
        await create(paypal, amount)
    assert refused.value.issue in {"CANNOT_BE_ZERO_OR_NEGATIVE", "INVALID_CURRENCY_CODE"}


async def test_a_refund_in_another_currency_is_refused(paypal: PayPal, fake_paypal: FakePayPal) -> None:
    capture, euro = await captured(paypal, fake_paypal), Money(Decimal(1), "EUR")
    with pytest.raises(PayPalRefused, match="REFUND_CAPTURE_CURRENCY_MISMATCH"):
        await refund(paypal, capture.id, euro)


def calls_with(paypal: PayPal, given: str) -> list[Coroutine[Any, Any, Any]]:
    """Return each call that takes an id."""
    return [
        paypal.get_order(given),
        paypal.capture_order(given, request_id=new_id()),
        paypal.get_capture(given),
        paypal.get_refund(given),
        refund(paypal, given),
    ]


async def test_what_does_not_exist_is_refused(paypal: PayPal) -> None:
    for call in calls_with(paypal, "5O190127TN364715T"):
        with pytest.raises(PayPalRefused) as refused:
            await call
        assert (refused.value.status, refused.value.issue) == (404, "INVALID_RESOURCE_ID")


NOT_IDS = (
    "",
    "..",
    "../../v1/oauth2/token",
    "A/capture",
    "A%2Fcapture",
    "A?x=1",
    "A#",
    "A B",
    "A\n",
    "É",
    "A" * 65,
    "A\x00",
)


@pytest.mark.parametrize("order_id", NOT_IDS)
async def test_an_invalid_id_is_refused_without_a_request(
    paypal: PayPal, requests: list[httpx.Request], order_id: str
) -> None:
    for call in calls_with(paypal, order_id):
        with pytest.raises(PayPalRefused, match="404 RESOURCE_NOT_FOUND INVALID_RESOURCE_ID"):
            await call
    assert requests == []


async def test_paypal_says_whether_a_webhook_is_its_own(paypal: PayPal, stand_in: PayPalStandIn) -> None:
    body = b'{ "id": "WH-1", "event_type": "PAYMENT.CAPTURE.COMPLETED", "resource": {"amount": "\\u00e9"} }'
    headers = signed(body, stand_in)

    async def verify(body: bytes = body, webhook_id: str = stand_in.webhook_id, **changed: str) -> bool:
        sent = headers | {name.replace("_", "-").upper(): value for name, value in changed.items()}
        return await paypal.verify_webhook(headers=sent, body=body, webhook_id=webhook_id)

    assert await verify()
    assert not await verify(body=body.replace(b" ", b""))
    assert not await verify(webhook_id="8PT597110X687430L")
    assert not await verify(paypal_transmission_id="69cd13f0-d67a-11e5-baa3-778b53f4ae55")
    assert not await verify(paypal_cert_url="https://api.paypal.com/v1/notifications/certs/CERT-1")


async def test_a_malformed_webhook_is_rejected_without_a_request(
    paypal: PayPal, stand_in: PayPalStandIn, requests: list[httpx.Request]
) -> None:
    headers = stand_in.signer.headers(b"{", stand_in.webhook_id)
    assert not await paypal.verify_webhook(headers=headers, body=b"{", webhook_id=stand_in.webhook_id)
    assert not await paypal.verify_webhook(headers={}, body=b"{}", webhook_id=stand_in.webhook_id)
    assert requests == []
