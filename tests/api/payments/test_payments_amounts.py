"""What cannot be paid for: another amount, another currency, what is paid already, canceled or lapsed."""

import asyncpg
import httpx
import pytest

from tests.support.http.answers import assert_problem
from tests.support.http.bookings import cancel
from tests.support.paypal.fake_paypal import Till
from tests.support.paypal.payment_client import Bill, Hold, Teller

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


async def orders(till: Till) -> int:
    """Return how many orders there are at PayPal."""
    return len((await till.books())["orders"])


@pytest.mark.parametrize("amount", [*AMOUNTS, 100, 100.0, 1e30, None, True, ["100.00"], {"value": "100.00"}])
async def test_what_is_no_amount(teller: Teller, till: Till, amount: object) -> None:
    hold, before = await teller.hold(), await orders(till)
    problem = assert_problem(await teller.create(hold, amount), 400, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == ["amount"]
    assert await teller.payments_of(hold) == []
    assert await orders(till) == before


@pytest.mark.parametrize("amount", ["0.01", "0", "0.00", "99.99", "100.01", "1.00", "10000.00", "9999999999.99"])
async def test_another_amount(teller: Teller, till: Till, amount: str) -> None:
    hold, before = await teller.hold(), await orders(till)
    problem = assert_problem(await teller.create(hold, amount), 422, "payment_amount_matches_fee")
    assert problem["detail"] == "This appointment costs 100.00 USD."
    assert await teller.payments_of(hold) == []
    assert await orders(till) == before


@pytest.mark.parametrize(
    ("currency", "status", "code"),
    [
        ("EUR", 422, "payment_amount_matches_fee"),
        ("JPY", 422, "payment_amount_matches_fee"),
        ("XXX", 422, "payment_amount_matches_fee"),
        *((wrong, 400, "invalid_request") for wrong in ("usd", "US", "USDT", "", " USD", "USD\n", "$", 840, None)),
    ],
)
async def test_another_currency(teller: Teller, till: Till, currency: object, status: int, code: str) -> None:
    hold, before = await teller.hold(), await orders(till)
    assert_problem(await teller.create(hold, "100.00", currency), status, code)
    assert await teller.payments_of(hold) == []
    assert await orders(till) == before


async def test_a_begun_payment_takes_no_other_amount(teller: Teller) -> None:
    bill = await teller.begin()
    assert_problem(await teller.create(bill, "0.01"), 422, "payment_amount_matches_fee")
    assert_problem(await teller.create(bill, "100.00", "EUR"), 422, "payment_amount_matches_fee")
    assert await teller.payments_of(bill) == ["created"]


async def refuse_to_begin(teller: Teller, hold: Hold | Bill, detail: str) -> None:
    """Check that an appointment cannot be paid for."""
    before = await orders(teller.till), await teller.payments_of(hold)
    problem = assert_problem(await teller.create(hold), 409, "payment_appointment_payable")
    assert problem["detail"] == detail
    assert (await orders(teller.till), await teller.payments_of(hold)) == before


async def test_what_is_paid_already(teller: Teller) -> None:
    await refuse_to_begin(teller, await teller.paid(), "This appointment is confirmed: there is nothing to pay.")


async def test_what_was_canceled(client: httpx.AsyncClient, teller: Teller) -> None:
    hold = await teller.hold()
    assert (await cancel(client, hold.patient, hold.appointment)).status_code == 200
    await refuse_to_begin(teller, hold, "This appointment is canceled: there is nothing to pay.")


async def test_what_has_lapsed(teller: Teller, owner: asyncpg.Connection) -> None:
    hold = await teller.hold()
    await teller.lapse(hold)
    lapsed = "The hold on this slot has lapsed. Book it again to pay for it."
    await refuse_to_begin(teller, hold, lapsed)
    await owner.fetch("SELECT sweep_doctor($1)", hold.doctor)
    assert (await teller.appointment(hold))["status"] == "expired"
    await refuse_to_begin(teller, hold, lapsed)


async def test_what_has_lapsed_though_its_payment_was_begun(teller: Teller) -> None:
    bill = await teller.begin()
    await teller.lapse(bill)
    await refuse_to_begin(teller, bill, "The hold on this slot has lapsed. Book it again to pay for it.")


async def test_what_costs_nothing(teller: Teller) -> None:
    hold = await teller.hold(fee=0)
    problem = assert_problem(await teller.create(hold, "0.00"), 409, "payment_appointment_payable")
    assert problem["detail"] == "This appointment is confirmed: there is nothing to pay."
    assert_problem(await teller.create(hold), 422, "payment_amount_matches_fee")
    assert await teller.payments_of(hold) == []
