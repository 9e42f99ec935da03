"""Declined instruments, declined captures, and captures that PayPal reviews."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from tests.support.http.answers import assert_problem, json_of
from tests.support.paypal.payment_client import BegunPayment, Hold, PaymentClient
from tests.support.paypal.worker_jobs import Jobs


async def test_a_declined_instrument_leads_back_to_paypal(payment_client: PaymentClient, hold: Hold) -> None:
    until = (await payment_client.appointment(hold))["hold_expires_at"]
    begun = await payment_client.approved(hold)
    await payment_client.fake_paypal.add_fault("capture_order", "refused", issue="INSTRUMENT_DECLINED")
    problem = assert_problem(await payment_client.execute(begun), 409, "payment_declined")
    assert problem["detail"] == "PayPal declined this payment method. Choose another one while the hold lasts."
    assert problem["approval_url"].endswith(f"?token={begun.order}")
    assert await payment_client.statuses(begun) == ("created", "pending")
    assert (await payment_client.appointment(begun))["hold_expires_at"] == until  # without the extension of a capture
    assert (await payment_client.show(begun))["approval_url"] == problem["approval_url"]
    await payment_client.fake_paypal.post(problem["approval_url"].replace("checkoutnow", "checkoutnow/approve"))
    answer = await payment_client.execute(begun)
    assert answer.json()["payment"]["status"] == "captured"
    assert len(await payment_client.captures(begun)) == 1


async def test_a_second_try_is_another_request_to_paypal(payment_client: PaymentClient, approved: BegunPayment) -> None:
    await payment_client.fake_paypal.add_fault("capture_order", "refused", issue="INSTRUMENT_DECLINED", times=2)
    for _ in range(
        2
    ):  # under the same request id PayPal would repeat the first decline, and the third try would get the second
        assert_problem(await payment_client.execute(approved), 409, "payment_declined")
    assert (await payment_client.execute(approved)).status_code == 200


async def test_two_concurrent_executions_are_both_declined(payment_client: PaymentClient) -> None:
    begun = await payment_client.approved()
    await payment_client.fake_paypal.add_fault("capture_order", "slow_before", seconds=1)
    await payment_client.fake_paypal.add_fault("capture_order", "refused", issue="INSTRUMENT_DECLINED", times=2)
    for answer in await asyncio.gather(payment_client.execute(begun), payment_client.execute(begun)):
        assert_problem(answer, 409, "payment_declined")
    assert await payment_client.statuses(begun) == ("created", "pending")


async def test_too_many_declines_end_the_payment(payment_client: PaymentClient, approved: BegunPayment) -> None:
    await payment_client.fake_paypal.add_fault("capture_order", "refused", times=10)
    for _ in range(10):
        assert_problem(await payment_client.execute(approved), 409, "payment_declined")
    problem = assert_problem(await payment_client.execute(approved), 409, "payment_refused")
    assert "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED" in problem["detail"]
    assert await payment_client.statuses(approved) == ("failed", "pending")
    another = await payment_client.paid(approved.hold)
    assert await payment_client.payments_of(another) == ["failed", "captured"]


@pytest.mark.parametrize("issue", ["TRANSACTION_REFUSED", "COMPLIANCE_VIOLATION", "PAYER_CANNOT_PAY"])
async def test_a_permanent_refusal_ends_the_payment(payment_client: PaymentClient, issue: str) -> None:
    begun = await payment_client.approved()
    await payment_client.fake_paypal.add_fault("capture_order", "refused", issue=issue)
    problem = assert_problem(await payment_client.execute(begun), 409, "payment_refused")
    assert problem["detail"] == f"PayPal refused this payment ({issue}). Nothing was charged."
    assert await payment_client.statuses(begun) == ("failed", "pending")
    assert await payment_client.attention(begun) == [f"PayPal refused the capture: {issue}"]
    again = assert_problem(await payment_client.execute(begun), 409, "payment_refused")
    assert "Nothing was charged" in again["detail"]


async def test_a_declined_capture_ends_the_payment(payment_client: PaymentClient, hold: Hold) -> None:
    until = (await payment_client.appointment(hold))["hold_expires_at"]
    begun = await payment_client.approved(hold)
    await payment_client.fake_paypal.add_fault("capture_order", "declined")
    for _ in range(2):  # a repeated request gets the same response
        problem = assert_problem(await payment_client.execute(begun), 409, "payment_refused")
        assert problem["detail"] == (
            "PayPal did not accept this payment. Nothing was charged. You can start another while the hold lasts."
        )
    assert await payment_client.statuses(begun) == ("failed", "pending")
    assert (await payment_client.appointment(begun))["hold_expires_at"] == until
    assert (await payment_client.show(begun))["approval_url"] is None
    assert await payment_client.attention(begun) == []
    another = await payment_client.paid(hold)
    assert another.order != begun.order
    assert await payment_client.payments_of(hold) == ["failed", "captured"]
    assert [capture["status"] for capture in await payment_client.captures(begun)] == ["DECLINED"]
    assert [capture["status"] for capture in await payment_client.captures(another)] == ["COMPLETED"]


@pytest_asyncio.fixture
async def under_review(payment_client: PaymentClient, approved: BegunPayment) -> BegunPayment:
    """A payment that PayPal reviews. All its webhooks so far have arrived."""
    await payment_client.wait_for_webhook(approved, "CHECKOUT.ORDER.APPROVED")
    await payment_client.fake_paypal.add_fault("webhook", "withhold")
    await payment_client.fake_paypal.add_fault("capture_order", "pending", reason="PENDING_REVIEW")
    executed = json_of(await payment_client.execute(approved))
    assert (executed["payment"]["status"], executed["appointment"]["status"]) == ("pending_review", "pending")
    return approved


async def test_a_review_keeps_the_slot(payment_client: PaymentClient, under_review: BegunPayment) -> None:
    until = (await payment_client.appointment(under_review))["hold_expires_at"]
    assert timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(hours=24)
    assert (await payment_client.execute(under_review)).json()["payment"]["status"] == "pending_review"
    problem = assert_problem(await payment_client.create(under_review), 409, "payment_appointment_payable")
    assert problem["detail"] == "A payment for this appointment is already in progress."
    assert_problem(await payment_client.give_up(under_review), 409, "payment_status_transition")
    assert len(await payment_client.captures(under_review)) == 1


async def decide(payment_client: PaymentClient, begun: BegunPayment, status: str) -> None:
    """Let PayPal decide on a capture, and wait for its webhook."""
    (capture,) = await payment_client.captures(begun)
    await payment_client.fake_paypal.post(f"/captures/{capture['id']}/decide", {"status": status})
    kind = "COMPLETED" if status == "COMPLETED" else "DENIED"
    await payment_client.wait_for_webhook(begun, f"PAYMENT.CAPTURE.{kind}")


async def test_a_review_that_completes(payment_client: PaymentClient, under_review: BegunPayment, worker: Jobs) -> None:
    await decide(payment_client, under_review, "COMPLETED")
    await worker.settle(under_review)
    assert await payment_client.statuses(under_review) == ("captured", "confirmed")
    assert (await payment_client.execute(under_review)).json()["appointment"]["status"] == "confirmed"
    assert len(await payment_client.mails(under_review)) == 2


async def test_a_review_that_declines(payment_client: PaymentClient, worker: Jobs, hold: Hold) -> None:
    until = (await payment_client.appointment(hold))["hold_expires_at"]
    begun = await payment_client.approved(hold)
    await payment_client.fake_paypal.add_fault("capture_order", "pending")
    await payment_client.execute(begun)
    await decide(payment_client, begun, "DECLINED")
    await worker.settle(begun)
    assert await payment_client.statuses(begun) == ("failed", "pending")
    assert (await payment_client.appointment(begun))["hold_expires_at"] == until
    assert_problem(await payment_client.execute(begun), 409, "payment_refused")


async def test_a_review_without_a_webhook_is_checked(
    payment_client: PaymentClient, under_review: BegunPayment, worker: Jobs
) -> None:
    await payment_client.fake_paypal.add_fault("webhook", "withhold")
    (capture,) = await payment_client.captures(under_review)
    await payment_client.fake_paypal.post(f"/captures/{capture['id']}/decide", {"status": "COMPLETED"})
    await worker.settle(under_review)
    assert await payment_client.statuses(under_review) == ("pending_review", "pending")
    await payment_client.make_due(under_review)
    await worker.settle(under_review)
    assert await payment_client.statuses(under_review) == ("captured", "confirmed")


async def test_a_review_that_completes_after_a_cancellation(
    payment_client: PaymentClient, under_review: BegunPayment, worker: Jobs
) -> None:
    json_of(await payment_client.cancel_as_doctor(under_review))
    assert await payment_client.refunds(under_review) == []
    await decide(payment_client, under_review, "COMPLETED")
    await worker.settle(under_review)
    assert await payment_client.statuses(under_review) == ("refunded", "canceled")
    assert await payment_client.refunds(under_review) == [("completed", "slot_lost")]
    assert [refund["amount"]["value"] for refund in await payment_client.paypal_refunds(under_review)] == ["100.00"]


async def test_a_review_that_outlasts_the_hold(
    payment_client: PaymentClient, under_review: BegunPayment, worker: Jobs
) -> None:
    await payment_client.lapse(under_review)
    await payment_client.sweep(under_review)
    assert (await payment_client.appointment(under_review))["status"] == "expired"
    await decide(payment_client, under_review, "COMPLETED")
    await worker.settle(under_review)
    assert await payment_client.statuses(under_review) == ("captured", "confirmed")  # in a new appointment
    assert (await payment_client.payment(under_review))["appointment_id"] != under_review.appointment
