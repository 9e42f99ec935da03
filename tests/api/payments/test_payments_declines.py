"""When the money is not to be had, or not yet: declined instruments, declined captures, captures under review."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest

from tests.support.http.answers import assert_problem
from tests.support.http.appointment_actions import as_doctor
from tests.support.paypal.payment_client import BegunPayment, Hold, PaymentClient
from tests.support.paypal.worker_jobs import Jobs


async def test_a_declined_instrument_leads_back_to_paypal(payment_client: PaymentClient) -> None:
    hold = await payment_client.hold()
    until = (await payment_client.appointment(hold))["hold_expires_at"]
    begun = await payment_client.approved(hold)
    await payment_client.fake_paypal.add_fault("capture_order", "refused", issue="INSTRUMENT_DECLINED")
    problem = assert_problem(await payment_client.execute(begun), 409, "payment_declined")
    assert problem["detail"] == "PayPal declined this payment method. Choose another one while the hold lasts."
    assert problem["approval_url"].endswith(f"?token={begun.order}")
    assert await payment_client.statuses(begun) == ("created", "pending")
    assert (await payment_client.appointment(begun))["hold_expires_at"] == until  # not the capture's extension
    assert (await payment_client.show(begun))["approval_url"] == problem["approval_url"]
    await payment_client.fake_paypal.post(problem["approval_url"].replace("checkoutnow", "checkoutnow/approve"))
    answer = await payment_client.execute(begun)
    assert answer.json()["payment"]["status"] == "captured"
    assert len(await payment_client.captures(begun)) == 1


async def test_a_second_try_is_another_request_to_paypal(payment_client: PaymentClient) -> None:
    begun = await payment_client.approved()
    await payment_client.fake_paypal.add_fault("capture_order", "refused", issue="INSTRUMENT_DECLINED", times=2)
    for _ in range(2):  # under the same request id PayPal would answer the first decline, and leave one for the third
        assert_problem(await payment_client.execute(begun), 409, "payment_declined")
    assert (await payment_client.execute(begun)).status_code == 200


async def test_of_two_at_once_both_hear_that_it_was_declined(payment_client: PaymentClient) -> None:
    begun = await payment_client.approved()
    await payment_client.fake_paypal.add_fault("capture_order", "slow_before", seconds=1)
    await payment_client.fake_paypal.add_fault("capture_order", "refused", issue="INSTRUMENT_DECLINED", times=2)
    for answer in await asyncio.gather(payment_client.execute(begun), payment_client.execute(begun)):
        assert_problem(answer, 409, "payment_declined")
    assert await payment_client.statuses(begun) == ("created", "pending")


async def test_too_many_declines_end_the_payment_and_another_may_follow(payment_client: PaymentClient) -> None:
    begun = await payment_client.approved()
    await payment_client.fake_paypal.add_fault("capture_order", "refused", times=10)
    for _ in range(10):
        assert_problem(await payment_client.execute(begun), 409, "payment_declined")
    problem = assert_problem(await payment_client.execute(begun), 409, "payment_refused")
    assert "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED" in problem["detail"]
    assert await payment_client.statuses(begun) == ("failed", "pending")
    another = await payment_client.paid(Hold(*begun[:3]))
    assert await payment_client.payments_of(another) == ["failed", "captured"]


@pytest.mark.parametrize("issue", ["TRANSACTION_REFUSED", "COMPLIANCE_VIOLATION", "PAYER_CANNOT_PAY"])
async def test_a_refusal_for_good_ends_the_payment(payment_client: PaymentClient, issue: str) -> None:
    begun = await payment_client.approved()
    await payment_client.fake_paypal.add_fault("capture_order", "refused", issue=issue)
    problem = assert_problem(await payment_client.execute(begun), 409, "payment_refused")
    assert problem["detail"] == f"PayPal refused this payment ({issue}). Nothing was charged."
    assert await payment_client.statuses(begun) == ("failed", "pending")
    assert await payment_client.attention(begun) == [f"PayPal refused the capture: {issue}"]
    again = assert_problem(await payment_client.execute(begun), 409, "payment_refused")
    assert "Nothing was charged" in again["detail"]


async def test_a_declined_capture_is_no_success_and_another_payment_may_follow(payment_client: PaymentClient) -> None:
    hold = await payment_client.hold()
    until = (await payment_client.appointment(hold))["hold_expires_at"]
    begun = await payment_client.approved(hold)
    await payment_client.fake_paypal.add_fault("capture_order", "declined")
    for _ in range(2):  # a client that comes again hears the same
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


async def under_review(payment_client: PaymentClient) -> BegunPayment:
    """Let PayPal take time to decide on a payment; no webhook of it is still to come."""
    begun = await payment_client.approved()
    await payment_client.wait_for_webhook(begun, "CHECKOUT.ORDER.APPROVED")
    await payment_client.fake_paypal.add_fault("webhook", "withhold")
    await payment_client.fake_paypal.add_fault("capture_order", "pending", reason="PENDING_REVIEW")
    answer = await payment_client.execute(begun)
    assert answer.status_code == 200, answer.text
    assert answer.json()["payment"]["status"] == "pending_review"
    assert answer.json()["appointment"]["status"] == "pending"
    return begun


async def test_a_review_keeps_the_slot(payment_client: PaymentClient) -> None:
    begun = await under_review(payment_client)
    until = (await payment_client.appointment(begun))["hold_expires_at"]
    assert timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(hours=24)
    assert (await payment_client.execute(begun)).json()["payment"]["status"] == "pending_review"
    problem = assert_problem(await payment_client.create(begun), 409, "payment_appointment_payable")
    assert problem["detail"] == "A payment for this appointment is being taken already."
    assert_problem(await payment_client.give_up(begun), 409, "payment_status_transition")
    assert len(await payment_client.captures(begun)) == 1


async def decide(payment_client: PaymentClient, begun: BegunPayment, status: str) -> None:
    """Let PayPal decide, and its webhook arrive."""
    (capture,) = await payment_client.captures(begun)
    await payment_client.fake_paypal.post(f"/captures/{capture['id']}/decide", {"status": status})
    await payment_client.wait_for_webhook(
        begun, f"PAYMENT.CAPTURE.{'COMPLETED' if status == 'COMPLETED' else 'DENIED'}"
    )


async def test_a_review_that_ends_well(payment_client: PaymentClient, worker: Jobs) -> None:
    begun = await under_review(payment_client)
    await decide(payment_client, begun, "COMPLETED")
    await worker.settle(begun)
    assert await payment_client.statuses(begun) == ("captured", "confirmed")
    assert (await payment_client.execute(begun)).json()["appointment"]["status"] == "confirmed"
    assert len(await payment_client.mails(begun)) == 2


async def test_a_review_that_ends_ill(payment_client: PaymentClient, worker: Jobs) -> None:
    hold = await payment_client.hold()
    until = (await payment_client.appointment(hold))["hold_expires_at"]
    begun = await payment_client.approved(hold)
    await payment_client.fake_paypal.add_fault("capture_order", "pending")
    await payment_client.execute(begun)
    await decide(payment_client, begun, "DECLINED")
    await worker.settle(begun)
    assert await payment_client.statuses(begun) == ("failed", "pending")
    assert (await payment_client.appointment(begun))["hold_expires_at"] == until
    assert_problem(await payment_client.execute(begun), 409, "payment_refused")


async def test_a_review_without_news_is_asked_about(payment_client: PaymentClient, worker: Jobs) -> None:
    begun = await under_review(payment_client)
    await payment_client.fake_paypal.add_fault("webhook", "withhold")
    (capture,) = await payment_client.captures(begun)
    await payment_client.fake_paypal.post(f"/captures/{capture['id']}/decide", {"status": "COMPLETED"})
    await worker.settle(begun)
    assert await payment_client.statuses(begun) == ("pending_review", "pending")
    await payment_client.make_due(begun)
    await worker.settle(begun)
    assert await payment_client.statuses(begun) == ("captured", "confirmed")


async def test_a_review_that_ends_well_after_the_doctor_has_canceled(
    client: httpx.AsyncClient, payment_client: PaymentClient, worker: Jobs
) -> None:
    begun = await under_review(payment_client)
    assert (await as_doctor(client, begun.doctor, begun.appointment, "doctor_cancel")).status_code == 200
    assert await payment_client.refunds(begun) == []
    await decide(payment_client, begun, "COMPLETED")
    await worker.settle(begun)
    assert await payment_client.statuses(begun) == ("refunded", "canceled")
    assert await payment_client.refunds(begun) == [("completed", "slot_lost")]
    assert [refund["amount"]["value"] for refund in await payment_client.paypal_refunds(begun)] == ["100.00"]


async def test_a_review_that_outlasts_the_hold(
    payment_client: PaymentClient, worker: Jobs, owner: asyncpg.Connection
) -> None:
    begun = await under_review(payment_client)
    await payment_client.lapse(begun)
    await owner.fetch("SELECT sweep_doctor($1)", begun.doctor)
    assert (await payment_client.appointment(begun))["status"] == "expired"
    await decide(payment_client, begun, "COMPLETED")
    await worker.settle(begun)
    assert await payment_client.statuses(begun) == ("captured", "confirmed")  # taken again, as nobody else has it
    assert (await payment_client.payment(begun))["appointment_id"] != begun.appointment
