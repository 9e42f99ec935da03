"""Payments that are refused: with another amount or currency, or for an appointment that is not to be paid."""

from typing import Any

import httpx
import pytest

from tests.support.http.answers import assert_problem
from tests.support.http.bookings import cancel
from tests.support.paypal.payment_client import BegunPayment, Hold, PaymentClient

MALFORMED = ["", " 100.00", "100.00 ", "100.00\n", "1e2", "NaN", "Infinity", "-100", "-100.00", "+100.00", "100.001"]
MALFORMED += ["100,00", "100.", ".5", "0x64", "1_00", "٣٠٠", "9" * 30, "0" * 30 + "100.00", "100.00\x00"]


async def refused(
    payment_client: PaymentClient, hold: Hold | BegunPayment, status: int, code: str, **fields: object
) -> dict[str, Any]:
    """Check that a payment is refused, here and without an order at PayPal; return the problem."""
    before = await payment_client.orders(), await payment_client.payments_of(hold)
    problem = assert_problem(await payment_client.create(hold, **fields), status, code)
    assert (await payment_client.orders(), await payment_client.payments_of(hold)) == before
    return problem


@pytest.mark.parametrize("amount", [*MALFORMED, 100, 100.0, 1e30, None, True, ["100.00"], {"value": "100.00"}])
async def test_a_malformed_amount(payment_client: PaymentClient, hold: Hold, amount: object) -> None:
    problem = await refused(payment_client, hold, 400, "invalid_request", amount=amount)
    assert [error["field"] for error in problem["errors"]] == ["amount"]


@pytest.mark.parametrize("amount", ["0.01", "0", "0.00", "99.99", "100.01", "1.00", "10000.00", "9999999999.99"])
async def test_another_amount(payment_client: PaymentClient, hold: Hold, amount: str) -> None:
    problem = await refused(payment_client, hold, 422, "payment_amount_matches_fee", amount=amount)
    assert problem["detail"] == "This appointment costs 100.00 USD."


@pytest.mark.parametrize(
    ("currency", "status", "code"),
    [
        *((other, 422, "payment_amount_matches_fee") for other in ("EUR", "JPY", "XXX")),
        *((wrong, 400, "invalid_request") for wrong in ("usd", "US", "USDT", "", " USD", "USD\n", "$", 840, None)),
    ],
)
async def test_another_currency(
    payment_client: PaymentClient, hold: Hold, currency: object, status: int, code: str
) -> None:
    await refused(payment_client, hold, status, code, currency=currency)


async def test_a_begun_payment_takes_no_other_amount(payment_client: PaymentClient, begun: BegunPayment) -> None:
    for other in ({"amount": "0.01"}, {"currency": "EUR"}):
        await refused(payment_client, begun, 422, "payment_amount_matches_fee", **other)
    assert await payment_client.payments_of(begun) == ["created"]


async def assert_nothing_to_pay(payment_client: PaymentClient, hold: Hold | BegunPayment, detail: str) -> None:
    """Check that an appointment cannot be paid for, and the reason that is given."""
    assert (await refused(payment_client, hold, 409, "payment_appointment_payable"))["detail"] == detail


async def test_a_paid_appointment(payment_client: PaymentClient, paid: BegunPayment) -> None:
    await assert_nothing_to_pay(payment_client, paid, "This appointment is confirmed: there is nothing to pay.")


async def test_a_canceled_appointment(client: httpx.AsyncClient, payment_client: PaymentClient, hold: Hold) -> None:
    assert (await cancel(client, hold.patient, hold.appointment)).status_code == 200
    await assert_nothing_to_pay(payment_client, hold, "This appointment is canceled: there is nothing to pay.")


@pytest.mark.parametrize("begin", [False, True])
async def test_a_lapsed_hold(payment_client: PaymentClient, hold: Hold, begin: bool) -> None:
    if begin:
        await payment_client.begin(hold)
    await payment_client.lapse(hold)
    lapsed = "The hold on this slot has lapsed. Book it again to pay for it."
    await assert_nothing_to_pay(payment_client, hold, lapsed)
    await payment_client.sweep(hold)
    assert (await payment_client.appointment(hold))["status"] == "expired"
    await assert_nothing_to_pay(payment_client, hold, lapsed)


async def test_a_free_appointment(payment_client: PaymentClient) -> None:
    hold = await payment_client.hold(fee=0)
    problem = await refused(payment_client, hold, 409, "payment_appointment_payable", amount="0.00")
    assert problem["detail"] == "This appointment is confirmed: there is nothing to pay."
    await refused(payment_client, hold, 422, "payment_amount_matches_fee")
    assert await payment_client.payments_of(hold) == []
