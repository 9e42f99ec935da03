"""Refunds that PayPal delays or refuses, and captures that are reversed or have no appointment."""

import httpx
import pytest
import pytest_asyncio

from tests.support.http.answers import assert_problem
from tests.support.http.bookings import cancel
from tests.support.paypal.payment_client import BegunPayment, PaymentClient
from tests.support.paypal.worker_jobs import Jobs


@pytest_asyncio.fixture
async def pending(client: httpx.AsyncClient, payment_client: PaymentClient, worker: Jobs, paid: BegunPayment) -> str:
    """PayPal's id of the refund of `paid`, which PayPal has not decided on."""
    await payment_client.fake_paypal.add_fault("refund_capture", "pending")
    await cancel(client, paid.patient, paid.appointment)
    await worker.settle(paid)
    assert await payment_client.refunds(paid) == [("pending", "appointment_canceled")]
    shown = await payment_client.show(paid)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("captured", "100.00", "0.00")
    assert ("refund_completed", paid.patient) not in await payment_client.mails(paid)
    (refund,) = await payment_client.paypal_refunds(paid)
    return str(refund["id"])


@pytest.mark.parametrize(
    ("decision", "webhook"), [("COMPLETED", "PAYMENT.CAPTURE.REFUNDED"), ("FAILED", "PAYMENT.REFUND.FAILED")]
)
async def test_a_delayed_refund(
    payment_client: PaymentClient, worker: Jobs, paid: BegunPayment, pending: str, decision: str, webhook: str
) -> None:
    await payment_client.fake_paypal.post(f"/refunds/{pending}/decide", {"status": decision})
    await payment_client.wait_for_webhook(paid, webhook)
    await worker.settle(paid)
    if decision == "FAILED":
        await assert_failed(payment_client, paid, "The refund has failed: no reason given")
    else:
        assert await payment_client.statuses(paid) == ("refunded", "canceled")
        assert (await payment_client.mails(paid))[-1] == ("refund_completed", paid.patient)


async def assert_failed(payment_client: PaymentClient, begun: BegunPayment, why: str) -> None:
    """Check that a refund has failed, and that an admin is asked to act."""
    assert await payment_client.refunds(begun) == [("failed", "appointment_canceled")]
    assert await payment_client.attention(begun) == [why]
    shown = await payment_client.show(begun)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("captured", "0.00", "0.00")
    assert ("refund_completed", begun.patient) not in await payment_client.mails(begun)


ISSUES = ("REFUND_TIME_LIMIT_EXCEEDED", "REFUND_FAILED_INSUFFICIENT_FUNDS")


@pytest.mark.parametrize(
    ("fault", "why"),
    [({"kind": "failed"}, "ECHECK"), *(({"kind": "refused", "issue": issue}, issue) for issue in ISSUES)],
)
async def test_a_refund_that_fails_needs_a_person(
    client: httpx.AsyncClient,
    payment_client: PaymentClient,
    worker: Jobs,
    fault: dict[str, str],
    why: str,
    paid: BegunPayment,
) -> None:
    await payment_client.fake_paypal.add_fault("refund_capture", **fault)
    await cancel(client, paid.patient, paid.appointment)
    for _ in range(2):
        await worker.settle(paid)
        await worker.reconcile()
    await assert_failed(payment_client, paid, f"The refund has failed: {why}")


async def test_a_reversed_capture_needs_a_person(payment_client: PaymentClient, worker: Jobs) -> None:
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


async def test_a_capture_without_an_appointment_is_refunded(payment_client: PaymentClient, worker: Jobs) -> None:
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
