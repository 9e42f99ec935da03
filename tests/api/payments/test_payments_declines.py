"""When the money is not to be had, or not yet: declined instruments, declined captures, captures under review."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest

from tests.support.http.answers import assert_problem
from tests.support.http.appointment_actions import as_doctor
from tests.support.paypal.payment_client import Bill, Hold, Teller
from tests.support.paypal.worker_jobs import Jobs


async def test_a_declined_instrument_leads_back_to_paypal(teller: Teller) -> None:
    hold = await teller.hold()
    until = (await teller.appointment(hold))["hold_expires_at"]
    bill = await teller.approved(hold)
    await teller.till.have("capture_order", "refused", issue="INSTRUMENT_DECLINED")
    problem = assert_problem(await teller.execute(bill), 409, "payment_declined")
    assert problem["detail"] == "PayPal declined this means of payment. While the hold lasts, choose another."
    assert problem["approval_url"].endswith(f"?token={bill.order}")
    assert await teller.statuses(bill) == ("created", "pending")
    assert (await teller.appointment(bill))["hold_expires_at"] == until  # not the capture's extension
    assert (await teller.show(bill))["approval_url"] == problem["approval_url"]
    await teller.till.post(problem["approval_url"].replace("checkoutnow", "checkoutnow/approve"))
    answer = await teller.execute(bill)
    assert answer.json()["payment"]["status"] == "captured"
    assert len(await teller.captures(bill)) == 1


async def test_a_second_try_is_another_request_to_paypal(teller: Teller) -> None:
    bill = await teller.approved()
    await teller.till.have("capture_order", "refused", issue="INSTRUMENT_DECLINED", times=2)
    for _ in range(2):  # under the same request id PayPal would answer the first decline, and leave one for the third
        assert_problem(await teller.execute(bill), 409, "payment_declined")
    assert (await teller.execute(bill)).status_code == 200


async def test_of_two_at_once_both_hear_that_it_was_declined(teller: Teller) -> None:
    bill = await teller.approved()
    await teller.till.have("capture_order", "slow_before", seconds=1)
    await teller.till.have("capture_order", "refused", issue="INSTRUMENT_DECLINED", times=2)
    for answer in await asyncio.gather(teller.execute(bill), teller.execute(bill)):
        assert_problem(answer, 409, "payment_declined")
    assert await teller.statuses(bill) == ("created", "pending")


async def test_too_many_declines_end_the_payment_and_another_may_follow(teller: Teller) -> None:
    bill = await teller.approved()
    await teller.till.have("capture_order", "refused", times=10)
    for _ in range(10):
        assert_problem(await teller.execute(bill), 409, "payment_declined")
    problem = assert_problem(await teller.execute(bill), 409, "payment_refused")
    assert "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED" in problem["detail"]
    assert await teller.statuses(bill) == ("failed", "pending")
    another = await teller.paid(Hold(*bill[:3]))
    assert await teller.payments_of(another) == ["failed", "captured"]


@pytest.mark.parametrize("issue", ["TRANSACTION_REFUSED", "COMPLIANCE_VIOLATION", "PAYER_CANNOT_PAY"])
async def test_a_refusal_for_good_ends_the_payment(teller: Teller, issue: str) -> None:
    bill = await teller.approved()
    await teller.till.have("capture_order", "refused", issue=issue)
    problem = assert_problem(await teller.execute(bill), 409, "payment_refused")
    assert problem["detail"] == f"PayPal refuses this payment ({issue}); nothing was charged."
    assert await teller.statuses(bill) == ("failed", "pending")
    assert await teller.attention(bill) == [f"PayPal refuses the capture: {issue}"]
    again = assert_problem(await teller.execute(bill), 409, "payment_refused")
    assert "nothing was charged" in again["detail"]


async def test_a_declined_capture_is_no_success_and_another_payment_may_follow(teller: Teller) -> None:
    hold = await teller.hold()
    until = (await teller.appointment(hold))["hold_expires_at"]
    bill = await teller.approved(hold)
    await teller.till.have("capture_order", "declined")
    for _ in range(2):  # a client that comes again hears the same
        problem = assert_problem(await teller.execute(bill), 409, "payment_refused")
        assert problem["detail"] == (
            "PayPal did not take this payment; nothing was charged. While the hold lasts, you can begin another."
        )
    assert await teller.statuses(bill) == ("failed", "pending")
    assert (await teller.appointment(bill))["hold_expires_at"] == until
    assert (await teller.show(bill))["approval_url"] is None
    assert await teller.attention(bill) == []
    another = await teller.paid(hold)
    assert another.order != bill.order
    assert await teller.payments_of(hold) == ["failed", "captured"]
    assert [capture["status"] for capture in await teller.captures(bill)] == ["DECLINED"]
    assert [capture["status"] for capture in await teller.captures(another)] == ["COMPLETED"]


async def under_review(teller: Teller) -> Bill:
    """Let PayPal take time to decide on a payment; no webhook of it is still to come."""
    bill = await teller.approved()
    await teller.hears(bill, "CHECKOUT.ORDER.APPROVED")
    await teller.till.have("webhook", "withhold")
    await teller.till.have("capture_order", "pending", reason="PENDING_REVIEW")
    answer = await teller.execute(bill)
    assert answer.status_code == 200, answer.text
    assert answer.json()["payment"]["status"] == "pending_review"
    assert answer.json()["appointment"]["status"] == "pending"
    return bill


async def test_a_review_keeps_the_slot(teller: Teller) -> None:
    bill = await under_review(teller)
    until = (await teller.appointment(bill))["hold_expires_at"]
    assert timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(hours=24)
    assert (await teller.execute(bill)).json()["payment"]["status"] == "pending_review"
    problem = assert_problem(await teller.create(bill), 409, "payment_appointment_payable")
    assert problem["detail"] == "A payment for this appointment is being taken already."
    assert_problem(await teller.give_up(bill), 409, "payment_status_transition")
    assert len(await teller.captures(bill)) == 1


async def decide(teller: Teller, bill: Bill, status: str) -> None:
    """Let PayPal decide, and its webhook arrive."""
    (capture,) = await teller.captures(bill)
    await teller.till.post(f"/captures/{capture['id']}/decide", {"status": status})
    await teller.hears(bill, f"PAYMENT.CAPTURE.{'COMPLETED' if status == 'COMPLETED' else 'DENIED'}")


async def test_a_review_that_ends_well(teller: Teller, worker: Jobs) -> None:
    bill = await under_review(teller)
    await decide(teller, bill, "COMPLETED")
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("captured", "confirmed")
    assert (await teller.execute(bill)).json()["appointment"]["status"] == "confirmed"
    assert len(await teller.mails(bill)) == 2


async def test_a_review_that_ends_ill(teller: Teller, worker: Jobs) -> None:
    hold = await teller.hold()
    until = (await teller.appointment(hold))["hold_expires_at"]
    bill = await teller.approved(hold)
    await teller.till.have("capture_order", "pending")
    await teller.execute(bill)
    await decide(teller, bill, "DECLINED")
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("failed", "pending")
    assert (await teller.appointment(bill))["hold_expires_at"] == until
    assert_problem(await teller.execute(bill), 409, "payment_refused")


async def test_a_review_without_news_is_asked_about(teller: Teller, worker: Jobs) -> None:
    bill = await under_review(teller)
    await teller.till.have("webhook", "withhold")
    (capture,) = await teller.captures(bill)
    await teller.till.post(f"/captures/{capture['id']}/decide", {"status": "COMPLETED"})
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("pending_review", "pending")
    await teller.time_passes(bill)
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("captured", "confirmed")


async def test_a_review_that_ends_well_after_the_doctor_has_canceled(
    client: httpx.AsyncClient, teller: Teller, worker: Jobs
) -> None:
    bill = await under_review(teller)
    assert (await as_doctor(client, bill.doctor, bill.appointment, "doctor_cancel")).status_code == 200
    assert await teller.refunds(bill) == []
    await decide(teller, bill, "COMPLETED")
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("refunded", "canceled")
    assert await teller.refunds(bill) == [("completed", "slot_lost")]
    assert [refund["amount"]["value"] for refund in await teller.given_back(bill)] == ["100.00"]


async def test_a_review_that_outlasts_the_hold(teller: Teller, worker: Jobs, owner: asyncpg.Connection) -> None:
    bill = await under_review(teller)
    await teller.lapse(bill)
    await owner.fetch("SELECT sweep_doctor($1)", bill.doctor)
    assert (await teller.appointment(bill))["status"] == "expired"
    await decide(teller, bill, "COMPLETED")
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("captured", "confirmed")  # taken again, as nobody else has it
    assert (await teller.payment(bill))["appointment_id"] != bill.appointment
