"""Orders for the tests of the PayPal client."""

from decimal import Decimal
from uuid import uuid4

from app.domain.payments.money import Money
from app.domain.payments.paypal.answers import Capture, Order, Refund
from app.domain.payments.paypal.client import PayPal
from app.sandbox.paypal.server import PayPalStandIn
from tests.support.paypal.fake_paypal import FakePayPal

HUNDRED = Money(Decimal(100), "USD")


def new_id() -> str:
    return uuid4().hex


async def create(
    paypal: PayPal,
    amount: Money = HUNDRED,
    reference: str | None = None,
    *,
    request_id: str | None = None,
    description: str = "Appointment with Ada Lovelace",
) -> Order:
    return await paypal.create_order(
        request_id=request_id or new_id(),
        amount=amount,
        reference=reference or new_id(),
        description=description,
        return_url="https://practice.example.org/return?lang=en",
        cancel_url="https://practice.example.org/cancel",
    )


async def refund(
    paypal: PayPal, capture_id: str, amount: Money = HUNDRED, *, request_id: str | None = None, note: str | None = None
) -> Refund:
    """Refund a capture."""
    return await paypal.refund_capture(
        capture_id, request_id=request_id or new_id(), amount=amount, reference="refund-1", note=note
    )


async def approved(
    paypal: PayPal, fake_paypal: FakePayPal, amount: Money = HUNDRED, reference: str | None = None
) -> Order:
    """Create an order that the payer approves."""
    order = await create(paypal, amount, reference)
    await fake_paypal.approve(order.id)
    return order


async def captured(paypal: PayPal, fake_paypal: FakePayPal, amount: Money = HUNDRED) -> Capture:
    """Create, approve and capture an order."""
    order = await approved(paypal, fake_paypal, amount)
    paid = await paypal.capture_order(order.id, request_id=new_id())
    assert paid.capture is not None
    return paid.capture


def signed(body: bytes, stand_in: PayPalStandIn) -> dict[str, str]:
    """Return the headers of a webhook. PayPal's documents allow no signature that begins with + or /."""
    headers = stand_in.signer.headers(body, stand_in.webhook_id)
    return headers if headers["PAYPAL-TRANSMISSION-SIG"][0].isalnum() else signed(body, stand_in)
