"""Refunds with a worker: the full amount once, one mail at the request and one at the completion."""

import asyncio
from functools import partial

import pytest

from app.sandbox.mailbox.messages import Message
from tests.support.factories import a_slot, bearer, book, make_doctor, make_patients
from tests.support.mail.scenarios import MailScenario
from tests.support.paypal.payment_client import BegunPayment, Hold, PaymentClient
from tests.support.servers.worker_process import eventually

BULK = "/api/appointments/appointments/doctor_bulk_cancel/"

pytestmark = pytest.mark.usefixtures("payment_worker")


async def mails_to(scenario: MailScenario, patient: int, *subjects: str) -> list[Message]:
    """Return a patient's mails, after a check of the beginnings of their subjects.

    Confirmations are left out: an immediate cancellation may come before them.
    """
    messages = [mail for mail in await scenario.messages_to(patient) if not mail.subject.startswith("Confirmed")]
    assert [message.subject.partition(":")[0] for message in messages] == list(subjects)
    return messages


async def decide(payment_client: PaymentClient, begun: BegunPayment, status: str) -> None:
    """Decide the pending refund at PayPal."""
    (refund,) = await payment_client.paypal_refunds(begun)
    await payment_client.fake_paypal.post(f"/refunds/{refund['id']}/decide", {"status": status})


async def test_a_cancellation_by_the_patient(payment_client: PaymentClient, scenario: MailScenario) -> None:
    begun = await payment_client.paid()
    assert (await payment_client.cancel(begun)).status_code == 200
    await payment_client.wait_for_refund(begun, "completed")
    messages = await mails_to(scenario, begun.patient, "Canceled", "Refunded")
    assert "A refund of 100.00 USD was requested. We will send you a mail when it is complete." in messages[0].text
    assert messages[1].subject == "Refunded: 100.00 USD"
    assert "was refunded through PayPal" in messages[1].text
    assert [refund["status"] for refund in await payment_client.paypal_refunds(begun)] == ["COMPLETED"]


async def test_a_bulk_cancellation_is_one_mail_and_each_refund_another(
    payment_client: PaymentClient, scenario: MailScenario
) -> None:
    doctor, (twice, once) = await make_doctor(scenario.owner), await make_patients(scenario.owner, 2)
    begun_payments = []
    for number, patient in enumerate((twice, twice, once)):
        appointment = await book(scenario.owner, patient, doctor, a_slot(number))
        begun_payments.append(await payment_client.paid(Hold(doctor, patient, appointment)))
    answer = await payment_client.client.post(BULK, headers=bearer(doctor, "doctor"), json={"reason": "I am ill."})
    assert answer.json()["count"] == 3
    for begun in begun_payments:
        await payment_client.wait_for_refund(begun, "completed")
    to_twice = await mails_to(scenario, twice, "Canceled", "Refunded", "Refunded")
    assert "A refund of 200.00 USD was requested." in to_twice[0].text
    to_once = await mails_to(scenario, once, "Canceled", "Refunded")
    assert "A refund of 100.00 USD was requested." in to_once[0].text


async def test_a_refund_whose_answer_is_lost(payment_client: PaymentClient, scenario: MailScenario) -> None:
    begun = await payment_client.paid()
    await payment_client.fake_paypal.add_fault("refund_capture", "drop_after", times=4)
    assert (await payment_client.cancel_as_doctor(begun)).status_code == 200
    noted = "SELECT outcome FROM refund WHERE payment_id = $1"
    await eventually(partial(scenario.owner.fetchval, noted, begun.payment))
    await payment_client.make_due(begun)
    await payment_client.wait_for_refund(begun, "completed")
    assert len(await payment_client.paypal_refunds(begun)) == 1
    await mails_to(scenario, begun.patient, "Canceled", "Refunded")


async def test_refunds_that_paypal_takes_its_time_over(payment_client: PaymentClient, scenario: MailScenario) -> None:
    begun_payments = [await payment_client.paid(await payment_client.hold(number)) for number in range(2)]
    await payment_client.fake_paypal.add_fault("refund_capture", "pending", times=2)
    for begun in begun_payments:
        assert (await payment_client.cancel(begun)).status_code == 200
        await payment_client.wait_for_refund(begun, "pending")
    await mails_to(scenario, begun_payments[0].patient, "Canceled")
    for begun, end in zip(begun_payments, ("COMPLETED", "FAILED"), strict=True):
        await decide(payment_client, begun, end)
    await payment_client.wait_for_refund(begun_payments[0], "completed")
    await payment_client.wait_for_refund(begun_payments[1], "failed")
    await mails_to(scenario, begun_payments[0].patient, "Canceled", "Refunded")
    await mails_to(scenario, begun_payments[1].patient, "Canceled")
    assert await payment_client.attention(begun_payments[0]) == []
    assert await payment_client.attention(begun_payments[1]) == ["The refund has failed: no reason given"]


async def test_canceled_while_the_money_is_being_taken(payment_client: PaymentClient, scenario: MailScenario) -> None:
    begun = await payment_client.begin()
    await payment_client.fake_paypal.add_fault("capture_order", "slow_before", seconds=4)
    await payment_client.fake_paypal.approve(begun.order)
    paying = asyncio.create_task(payment_client.execute(begun))
    await payment_client.wait_for_statuses(begun, "capturing", "pending")
    assert (await payment_client.cancel_as_doctor(begun)).status_code == 200
    await paying
    await payment_client.wait_for_refund(begun, "completed")
    messages = await mails_to(scenario, begun.patient, "Canceled", "Refund requested", "Refunded")
    assert "refund" not in messages[0].text  # not known yet at that time
    assert "You receive a full refund. We will send you a mail when it is complete." in messages[1].text
    assert [refund["status"] for refund in await payment_client.paypal_refunds(begun)] == ["COMPLETED"]


async def test_a_refund_is_not_lost_with_its_webhook(payment_client: PaymentClient, scenario: MailScenario) -> None:
    begun = await payment_client.paid()
    await payment_client.fake_paypal.add_fault("refund_capture", "pending")
    assert (await payment_client.cancel(begun)).status_code == 200
    await payment_client.wait_for_refund(begun, "pending")
    await payment_client.fake_paypal.add_fault("webhook", "withhold", times=2)
    await decide(payment_client, begun, "COMPLETED")
    await payment_client.make_due(begun)
    await payment_client.wait_for_refund(begun, "completed")
    await mails_to(scenario, begun.patient, "Canceled", "Refunded")
