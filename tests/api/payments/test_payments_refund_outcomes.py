"""Refunds that PayPal takes its time over, or does not make; and money that is gone in another way."""

import httpx
import pytest

from tests.support.http.answers import assert_problem
from tests.support.http.bookings import cancel
from tests.support.paypal.payment_client import Bill, Teller
from tests.support.paypal.worker_jobs import Jobs


async def pending(client: httpx.AsyncClient, teller: Teller, worker: Jobs) -> tuple[Bill, str]:
    """Let PayPal take its time over a refund; return the bill and PayPal's id of the refund."""
    bill = await teller.paid()
    await teller.till.have("refund_capture", "pending")
    await cancel(client, bill.patient, bill.appointment)
    await worker.settle(bill)
    assert await teller.refunds(bill) == [("pending", "appointment_canceled")]
    shown = await teller.show(bill)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("captured", "100.00", "0.00")
    assert ("refund_completed", bill.patient) not in await teller.mails(bill)
    (refund,) = await teller.given_back(bill)
    return bill, refund["id"]


async def test_a_refund_that_takes_time(client: httpx.AsyncClient, teller: Teller, worker: Jobs) -> None:
    bill, refund = await pending(client, teller, worker)
    await teller.till.post(f"/refunds/{refund}/decide", {"status": "COMPLETED"})
    await teller.hears(bill, "PAYMENT.CAPTURE.REFUNDED")
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("refunded", "canceled")
    assert (await teller.mails(bill))[-1] == ("refund_completed", bill.patient)


async def test_a_refund_that_takes_time_and_fails(client: httpx.AsyncClient, teller: Teller, worker: Jobs) -> None:
    bill, refund = await pending(client, teller, worker)
    await teller.till.post(f"/refunds/{refund}/decide", {"status": "FAILED"})
    await teller.hears(bill, "PAYMENT.REFUND.FAILED")
    await worker.settle(bill)
    await assert_failed(teller, bill, "The refund has failed: no reason given")


async def assert_failed(teller: Teller, bill: Bill, why: str) -> None:
    """Check that a refund has failed and that an admin hears of it; it is not for the worker to guess what then."""
    assert await teller.refunds(bill) == [("failed", "appointment_canceled")]
    assert await teller.attention(bill) == [why]
    shown = await teller.show(bill)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("captured", "0.00", "0.00")
    assert ("refund_completed", bill.patient) not in await teller.mails(bill)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"kind": "failed"}, "The refund has failed: ECHECK"),
        (
            {"kind": "refused", "issue": "REFUND_TIME_LIMIT_EXCEEDED"},
            "The refund has failed: REFUND_TIME_LIMIT_EXCEEDED",
        ),
        (
            {"kind": "refused", "issue": "REFUND_FAILED_INSUFFICIENT_FUNDS"},
            "The refund has failed: REFUND_FAILED_INSUFFICIENT_FUNDS",
        ),
    ],
)
async def test_a_refund_that_fails_needs_a_person(
    client: httpx.AsyncClient, teller: Teller, worker: Jobs, fault: dict[str, str], why: str
) -> None:
    bill = await teller.paid()
    await teller.till.have("refund_capture", **fault)
    await cancel(client, bill.patient, bill.appointment)
    for _ in range(2):
        await worker.settle(bill)
        await worker.reconcile()
    await assert_failed(teller, bill, why)


async def test_money_taken_back_by_the_bank_needs_a_person(teller: Teller, worker: Jobs) -> None:
    bill = await teller.paid()
    (capture,) = await teller.captures(bill)
    await teller.hears(bill, "PAYMENT.CAPTURE.COMPLETED")
    await worker.settle(bill)
    assert await teller.attention(bill) == []
    await teller.till.post(f"/captures/{capture['id']}/reverse")
    await teller.hears(bill, "PAYMENT.CAPTURE.REVERSED")
    await worker.settle(bill)
    assert await teller.attention(bill) == [f"PayPal says that capture {capture['id']} is REFUNDED."]
    assert await teller.statuses(bill) == ("captured", "confirmed")


async def test_what_was_taken_for_nothing_is_found_and_given_back(teller: Teller, worker: Jobs) -> None:
    bill = await teller.paid()
    await teller.undo_behind_the_triggers(bill)
    await worker.reconcile()
    assert await teller.refunds(bill) == [("requested", "slot_lost")]
    await worker.settle(bill)
    assert (await teller.payment(bill))["status"] == "refunded"
    assert len(await teller.given_back(bill)) == 1
    await worker.reconcile()
    assert len(await teller.refunds(bill)) == 1
    assert_problem(await teller.create(bill), 409, "payment_appointment_payable")
