"""Refunds that PayPal takes its time over, or does not make; and money that is gone in another way."""

import httpx
import pytest

from tests.support.http.answers import assert_problem
from tests.support.http.bookings import cancel
from tests.support.paypal.payment_client import BegunPayment, PaymentClient
from tests.support.paypal.worker_jobs import Jobs


async def pending(client: httpx.AsyncClient, payment_client: PaymentClient, worker: Jobs) -> tuple[BegunPayment, str]:
    """Let PayPal take its time over a refund; return the bill and PayPal's id of the refund."""
    begun = await payment_client.paid()
    await payment_client.fake_paypal.add_fault("refund_capture", "pending")
    await cancel(client, begun.patient, begun.appointment)
    await worker.settle(begun)
    assert await payment_client.refunds(begun) == [("pending", "appointment_canceled")]
    shown = await payment_client.show(begun)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("captured", "100.00", "0.00")
    assert ("refund_completed", begun.patient) not in await payment_client.mails(begun)
    (refund,) = await payment_client.paypal_refunds(begun)
    return begun, refund["id"]


async def test_a_refund_that_takes_time(client: httpx.AsyncClient, payment_client: PaymentClient, worker: Jobs) -> None:
    begun, refund = await pending(client, payment_client, worker)
    await payment_client.fake_paypal.post(f"/refunds/{refund}/decide", {"status": "COMPLETED"})
    await payment_client.wait_for_webhook(begun, "PAYMENT.CAPTURE.REFUNDED")
    await worker.settle(begun)
    assert await payment_client.statuses(begun) == ("refunded", "canceled")
    assert (await payment_client.mails(begun))[-1] == ("refund_completed", begun.patient)


async def test_a_refund_that_takes_time_and_fails(
    client: httpx.AsyncClient, payment_client: PaymentClient, worker: Jobs
) -> None:
    begun, refund = await pending(client, payment_client, worker)
    await payment_client.fake_paypal.post(f"/refunds/{refund}/decide", {"status": "FAILED"})
    await payment_client.wait_for_webhook(begun, "PAYMENT.REFUND.FAILED")
    await worker.settle(begun)
    await assert_failed(payment_client, begun, "The refund has failed: no reason given")


async def assert_failed(payment_client: PaymentClient, begun: BegunPayment, why: str) -> None:
    """Check that a refund has failed and that an admin hears of it; it is not for the worker to guess what then."""
    assert await payment_client.refunds(begun) == [("failed", "appointment_canceled")]
    assert await payment_client.attention(begun) == [why]
    shown = await payment_client.show(begun)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("captured", "0.00", "0.00")
    assert ("refund_completed", begun.patient) not in await payment_client.mails(begun)


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
    client: httpx.AsyncClient, payment_client: PaymentClient, worker: Jobs, fault: dict[str, str], why: str
) -> None:
    begun = await payment_client.paid()
    await payment_client.fake_paypal.add_fault("refund_capture", **fault)
    await cancel(client, begun.patient, begun.appointment)
    for _ in range(2):
        await worker.settle(begun)
        await worker.reconcile()
    await assert_failed(payment_client, begun, why)


async def test_money_taken_back_by_the_bank_needs_a_person(payment_client: PaymentClient, worker: Jobs) -> None:
    begun = await payment_client.paid()
    (capture,) = await payment_client.captures(begun)
    await payment_client.wait_for_webhook(begun, "PAYMENT.CAPTURE.COMPLETED")
    await worker.settle(begun)
    assert await payment_client.attention(begun) == []
    await payment_client.fake_paypal.post(f"/captures/{capture['id']}/reverse")
    await payment_client.wait_for_webhook(begun, "PAYMENT.CAPTURE.REVERSED")
    await worker.settle(begun)
    assert await payment_client.attention(begun) == [f"PayPal says that capture {capture['id']} is REFUNDED."]
    assert await payment_client.statuses(begun) == ("captured", "confirmed")


async def test_what_was_taken_for_nothing_is_found_and_given_back(payment_client: PaymentClient, worker: Jobs) -> None:
    begun = await payment_client.paid()
    await payment_client.cancel_without_triggers(begun)
    await worker.reconcile()
    assert await payment_client.refunds(begun) == [("requested", "slot_lost")]
    await worker.settle(begun)
    assert (await payment_client.payment(begun))["status"] == "refunded"
    assert len(await payment_client.paypal_refunds(begun)) == 1
    await worker.reconcile()
    assert len(await payment_client.refunds(begun)) == 1
    assert_problem(await payment_client.create(begun), 409, "payment_appointment_payable")
