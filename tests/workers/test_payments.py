"""Payments with a worker beside the API: each is confirmed once, and both parties get one mail."""

import asyncio
from functools import partial

import pytest
from redis.asyncio import Redis

from app.sandbox.paypal.server import PayPalStandIn
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.http.bookings import booked
from tests.support.mail.scenarios import MailScenario
from tests.support.paypal.payment_client import BegunPayment, Hold, PaymentClient
from tests.support.servers.worker_process import WorkerProcess, eventually


async def assert_confirmed_once(scenario: MailScenario, begun: BegunPayment) -> None:
    """Check that each party got one mail, the confirmation."""
    (to_patient,) = await scenario.messages_to(begun.patient)
    assert to_patient.subject.startswith("Confirmed: ")
    (to_doctor,) = await scenario.messages_to(begun.doctor)
    assert to_doctor.subject.startswith("Booked: ")


@pytest.mark.usefixtures("payment_worker")
async def test_a_paid_booking_is_confirmed_to_both_parties(
    payment_client: PaymentClient, scenario: MailScenario
) -> None:
    doctor, patient = await make_doctor(scenario.owner, full_name="Dr. Ada"), await make_patient(scenario.owner)
    appointment = await booked(payment_client.client, patient, doctor, a_slot())
    begun = await payment_client.paid(Hold(doctor, patient, appointment))
    await payment_client.wait_for_webhook(begun, "PAYMENT.CAPTURE.COMPLETED")
    await assert_confirmed_once(scenario, begun)
    (message,) = await scenario.messages_to(patient)
    assert "Your appointment with Dr. Ada is confirmed." in message.text
    (capture,) = await payment_client.captures(begun)
    assert f"Paid: 100.00 USD through PayPal, transaction {capture['id']}." in message.text


@pytest.mark.usefixtures("payment_worker")
async def test_payers_who_never_come_back(payment_client: PaymentClient, scenario: MailScenario) -> None:
    by_webhook = await payment_client.approved()
    await payment_client.fake_paypal.add_fault("webhook", "withhold", times=3)
    by_look = await payment_client.approved(await payment_client.hold(1))
    await payment_client.make_due(by_look)
    for begun in (by_webhook, by_look):
        await payment_client.wait_for_statuses(begun, "captured", "confirmed")
        assert len(await payment_client.captures(begun)) == 1
        await assert_confirmed_once(scenario, begun)


@pytest.mark.usefixtures("payment_worker")
async def test_20_executions_with_webhooks_and_the_worker(
    payment_client: PaymentClient, scenario: MailScenario
) -> None:
    begun_payments = [await payment_client.begin(await payment_client.hold(number)) for number in range(3)]
    await payment_client.fake_paypal.add_fault("webhook", "duplicate", times=6)
    await payment_client.fake_paypal.add_fault("capture_order", "slow_before", seconds=3)

    for begun in begun_payments:
        await payment_client.make_due(begun)

    async def execute_20_times(begun: BegunPayment) -> list[int]:
        await payment_client.fake_paypal.approve(begun.order)
        return [
            answer.status_code for answer in await asyncio.gather(*(payment_client.execute(begun) for _ in range(20)))
        ]

    assert await asyncio.gather(*map(execute_20_times, begun_payments)) == [[200] * 20] * 3
    for begun in begun_payments:
        await payment_client.wait_for_webhook(begun, "PAYMENT.CAPTURE.COMPLETED")
        await assert_confirmed_once(scenario, begun)
        assert await payment_client.statuses(begun) == ("captured", "confirmed")
        assert (await payment_client.appointment(begun))["version"] == 2
        assert len(await payment_client.captures(begun)) == 1
        assert await payment_client.refunds(begun) == []
        assert await payment_client.attention(begun) == []


@pytest.mark.usefixtures("payment_worker")
async def test_a_payment_in_review_is_decided_later(payment_client: PaymentClient, scenario: MailScenario) -> None:
    ends = ("COMPLETED", "DECLINED")
    holds = [await payment_client.hold(number) for number in range(2)]
    until = [(await payment_client.appointment(hold))["hold_expires_at"] for hold in holds]
    begun_payments = [await payment_client.approved(hold) for hold in holds]
    await payment_client.fake_paypal.add_fault("capture_order", "pending", times=2)
    for begun in begun_payments:
        await payment_client.execute(begun)
        await payment_client.wait_for_statuses(begun, "pending_review", "pending")
    for begun, end in zip(begun_payments, ends, strict=True):
        (capture,) = await payment_client.captures(begun)
        await payment_client.fake_paypal.post(f"/captures/{capture['id']}/decide", {"status": end})
    await payment_client.wait_for_statuses(begun_payments[0], "captured", "confirmed")
    await payment_client.wait_for_statuses(begun_payments[1], "failed", "pending")
    assert (await payment_client.appointment(begun_payments[1]))["hold_expires_at"] == until[1]
    await assert_confirmed_once(scenario, begun_payments[0])
    assert await scenario.messages_to(begun_payments[1].patient) == []


@pytest.mark.usefixtures("payment_worker")
async def test_a_hold_that_is_given_up_is_offered_to_the_waitlist(
    payment_client: PaymentClient, scenario: MailScenario
) -> None:
    begun = await payment_client.begin(await payment_client.hold(max_appointments=1))
    waiting = await make_patient(scenario.owner)
    entry = await scenario.app.fetchval("SELECT id FROM join_waitlist($1, $2, NULL)", waiting, begun.doctor)
    assert (await payment_client.give_up(begun)).status_code == 200
    joined, free = await scenario.messages_to(waiting)
    assert joined.subject.startswith("On the waitlist: ")
    assert f"the API has the waitlist entry at http://localhost:8000/api/appointments/waitlist/{entry}/" in joined.text
    assert free.subject.startswith("Free: a slot with ")
    (canceled,) = await scenario.messages_to(begun.patient)
    assert canceled.subject.startswith("Canceled: ")
    assert "refund" not in canceled.text


@pytest.mark.usefixtures("payment_worker")
async def test_an_approval_that_comes_too_late_is_answered_with_a_mail_that_nothing_was_charged(
    payment_client: PaymentClient, scenario: MailScenario
) -> None:
    begun = await payment_client.begin()
    await payment_client.lapse(begun)
    quicker = await make_patient(scenario.owner)
    await book(scenario.owner, quicker, begun.doctor, a_slot())
    await payment_client.fake_paypal.approve(begun.order)
    await payment_client.wait_for_statuses(begun, "canceled", "expired")
    (message,) = await scenario.messages_to(begun.patient)
    assert message.subject.startswith("Not booked: ")
    assert "You were not charged: the payment of 100.00 USD was not taken." in message.text
    assert await payment_client.captures(begun) == []


async def test_a_capture_is_completed_after_the_worker_is_killed_and_the_queue_is_lost(
    payment_client: PaymentClient, scenario: MailScenario, payment_worker: WorkerProcess, redis: Redis
) -> None:
    await payment_client.fake_paypal.add_fault("capture_order", "slow_after", seconds=8)
    begun = await payment_client.approved()
    await eventually(partial(payment_client.captures, begun))
    await payment_worker.kill()
    await redis.delete(
        *await redis.keys("saq:*")
    )  # otherwise the dead worker's job blocks the next one for two minutes
    assert await payment_client.statuses(begun) == ("capturing", "pending")
    await payment_worker.start()
    await payment_client.make_due(begun)
    await payment_client.wait_for_statuses(begun, "captured", "confirmed")
    assert len(await payment_client.captures(begun)) == 1
    await assert_confirmed_once(scenario, begun)


async def test_a_worker_without_an_account_leaves_payments_alone(
    payment_client: PaymentClient, scenario: MailScenario
) -> None:
    begun, paid = await payment_client.approved(), await payment_client.paid(await payment_client.hold(1))
    await scenario.owner.execute("UPDATE appointment SET status = 'canceled' WHERE id = $1", paid.appointment)
    await payment_client.make_due(begun)
    worker = await scenario.start_worker()
    assert len(await scenario.messages_to(paid.patient)) == 1  # the worker is working
    await asyncio.sleep(6)  # longer than from one sweep to the next
    assert await payment_client.statuses(begun) == ("created", "pending")
    assert await payment_client.refunds(paid) == [("requested", "appointment_canceled")]
    assert worker.logged("server_unavailable") == []


async def test_no_secret_is_in_the_log(
    payment_client: PaymentClient, payment_worker: WorkerProcess, stand_in: PayPalStandIn
) -> None:
    await payment_client.fake_paypal.add_fault("get_order", "unauthorized")
    await payment_client.fake_paypal.add_fault("get_order", "error_before", times=6)
    await payment_client.fake_paypal.add_fault("capture_order", "garbage")
    begun = await payment_client.approved()
    await payment_worker.wait_for_log("paypal_no_answer")
    await payment_client.make_due(begun)
    await payment_client.wait_for_statuses(begun, "captured", "confirmed")
    assert await payment_worker.wait_for_log("payment_not_settled")
    for secret in (stand_in.client_secret, "A21AA", "Bearer", "Basic", "buyer@personal.example.com", begun.order):
        assert secret not in payment_worker.log
