"""What cannot be paid for: another amount, another currency, what is paid already, canceled or lapsed."""

import asyncpg
import httpx
import pytest

from tests.support.http.answers import assert_problem
from tests.support.http.bookings import cancel
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.payment_client import BegunPayment, Hold, PaymentClient

AMOUNTS = [
    "",
    " 100.00",
    "100.00 ",
    "100.00\n",
    "1e2",
    "NaN",
    "Infinity",
    "-100",
    "-100.00",
    "+100.00",
    "100.001",
    "100,00",
]
AMOUNTS += ["100.", ".5", "0x64", "1_00", "٣٠٠", "9" * 30, "0" * 30 + "100.00", "100.00\x00"]


async def orders(fake_paypal: FakePayPal) -> int:
    """Return how many orders there are at PayPal."""
    return len((await fake_paypal.ledger())["orders"])


@pytest.mark.parametrize("amount", [*AMOUNTS, 100, 100.0, 1e30, None, True, ["100.00"], {"value": "100.00"}])
async def test_what_is_no_amount(payment_client: PaymentClient, fake_paypal: FakePayPal, amount: object) -> None:
    hold, before = await payment_client.hold(), await orders(fake_paypal)
    problem = assert_problem(await payment_client.create(hold, amount), 400, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == ["amount"]
    assert await payment_client.payments_of(hold) == []
    assert await orders(fake_paypal) == before


@pytest.mark.parametrize("amount", ["0.01", "0", "0.00", "99.99", "100.01", "1.00", "10000.00", "9999999999.99"])
async def test_another_amount(payment_client: PaymentClient, fake_paypal: FakePayPal, amount: str) -> None:
    hold, before = await payment_client.hold(), await orders(fake_paypal)
    problem = assert_problem(await payment_client.create(hold, amount), 422, "payment_amount_matches_fee")
    assert problem["detail"] == "This appointment costs 100.00 USD."
    assert await payment_client.payments_of(hold) == []
    assert await orders(fake_paypal) == before


@pytest.mark.parametrize(
    ("currency", "status", "code"),
    [
        ("EUR", 422, "payment_amount_matches_fee"),
        ("JPY", 422, "payment_amount_matches_fee"),
        ("XXX", 422, "payment_amount_matches_fee"),
        *((wrong, 400, "invalid_request") for wrong in ("usd", "US", "USDT", "", " USD", "USD\n", "$", 840, None)),
    ],
)
async def test_another_currency(
    payment_client: PaymentClient, fake_paypal: FakePayPal, currency: object, status: int, code: str
) -> None:
    hold, before = await payment_client.hold(), await orders(fake_paypal)
    assert_problem(await payment_client.create(hold, "100.00", currency), status, code)
    assert await payment_client.payments_of(hold) == []
    assert await orders(fake_paypal) == before


async def test_a_begun_payment_takes_no_other_amount(payment_client: PaymentClient) -> None:
    begun = await payment_client.begin()
    assert_problem(await payment_client.create(begun, "0.01"), 422, "payment_amount_matches_fee")
    assert_problem(await payment_client.create(begun, "100.00", "EUR"), 422, "payment_amount_matches_fee")
    assert await payment_client.payments_of(begun) == ["created"]


async def refuse_to_begin(payment_client: PaymentClient, hold: Hold | BegunPayment, detail: str) -> None:
    """Check that an appointment cannot be paid for."""
    before = await orders(payment_client.fake_paypal), await payment_client.payments_of(hold)
    problem = assert_problem(await payment_client.create(hold), 409, "payment_appointment_payable")
    assert problem["detail"] == detail
    assert (await orders(payment_client.fake_paypal), await payment_client.payments_of(hold)) == before


async def test_what_is_paid_already(payment_client: PaymentClient) -> None:
    await refuse_to_begin(
        payment_client, await payment_client.paid(), "This appointment is confirmed: there is nothing to pay."
    )


async def test_what_was_canceled(client: httpx.AsyncClient, payment_client: PaymentClient) -> None:
    hold = await payment_client.hold()
    assert (await cancel(client, hold.patient, hold.appointment)).status_code == 200
    await refuse_to_begin(payment_client, hold, "This appointment is canceled: there is nothing to pay.")


async def test_what_has_lapsed(payment_client: PaymentClient, owner: asyncpg.Connection) -> None:
    hold = await payment_client.hold()
    await payment_client.lapse(hold)
    lapsed = "The hold on this slot has lapsed. Book it again to pay for it."
    await refuse_to_begin(payment_client, hold, lapsed)
    await owner.fetch("SELECT sweep_doctor($1)", hold.doctor)
    assert (await payment_client.appointment(hold))["status"] == "expired"
    await refuse_to_begin(payment_client, hold, lapsed)


async def test_what_has_lapsed_though_its_payment_was_begun(payment_client: PaymentClient) -> None:
    begun = await payment_client.begin()
    await payment_client.lapse(begun)
    await refuse_to_begin(payment_client, begun, "The hold on this slot has lapsed. Book it again to pay for it.")


async def test_what_costs_nothing(payment_client: PaymentClient) -> None:
    hold = await payment_client.hold(fee=0)
    problem = assert_problem(await payment_client.create(hold, "0.00"), 409, "payment_appointment_payable")
    assert problem["detail"] == "This appointment is confirmed: there is nothing to pay."
    assert_problem(await payment_client.create(hold), 422, "payment_amount_matches_fee")
    assert await payment_client.payments_of(hold) == []
