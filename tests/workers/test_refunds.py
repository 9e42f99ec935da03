"""Refunds with a real worker: all of the money, once, and two mails: that it is on its way, and that it is there."""

import asyncio
from functools import partial

import asyncpg

from app.sandbox.mailbox.messages import Message
from app.sandbox.mailbox.server import Mailbox
from tests.support.factories import a_slot, bearer, book, make_doctor, make_patient
from tests.support.http.appointment_actions import as_doctor
from tests.support.http.bookings import cancel
from tests.support.mail.scenarios import address, is_settled
from tests.support.paypal.payment_client import BegunPayment, Hold, PaymentClient
from tests.support.servers.worker_process import WorkerProcess, eventually

BULK = "/api/appointments/appointments/doctor_bulk_cancel/"


async def ends_as(payment_client: PaymentClient, begun: BegunPayment, status: str) -> None:
    """Wait until the payment's refund is completed, pending or failed."""

    async def is_so() -> bool:
        return [refund[0] for refund in await payment_client.refunds(begun)] == [status]

    await eventually(is_so)


async def letters_to(owner: asyncpg.Connection, mailbox: Mailbox, patient: int, *subjects: str) -> list[Message]:
    """Return the mails that a patient got, after checking how their subjects begin.

    Without those of confirmations: a cancellation that comes at once overtakes them.
    """
    await eventually(partial(is_settled, owner))
    to = await address(owner, patient)
    messages = [
        message for message in mailbox.messages if message.to == to and not message.subject.startswith("Confirmed")
    ]
    assert [message.subject.partition(":")[0] for message in messages] == list(subjects)
    return messages


async def test_a_cancellation_by_the_patient(
    payment_client: PaymentClient, owner: asyncpg.Connection, mailbox: Mailbox, payment_worker: WorkerProcess
) -> None:
    begun = await payment_client.paid()
    assert (await cancel(payment_client.client, begun.patient, begun.appointment)).status_code == 200
    await ends_as(payment_client, begun, "completed")
    messages = await letters_to(owner, mailbox, begun.patient, "Canceled", "Refunded")
    assert "A refund of 100.00 USD was requested. We will send you a mail when it is complete." in messages[0].text
    assert messages[1].subject == "Refunded: 100.00 USD"
    assert "was refunded through PayPal" in messages[1].text
    assert [refund["status"] for refund in await payment_client.paypal_refunds(begun)] == ["COMPLETED"]
    assert payment_worker.logged("server_unavailable") == []


async def test_a_bulk_cancellation_is_one_mail_and_each_refund_another(
    payment_client: PaymentClient, owner: asyncpg.Connection, mailbox: Mailbox, payment_worker: WorkerProcess
) -> None:
    doctor, (twice, once) = await make_doctor(owner), [await make_patient(owner) for _ in range(2)]
    begun_payments = []
    for number, patient in enumerate((twice, twice, once)):
        appointment = await book(owner, patient, doctor, a_slot(number))
        begun_payments.append(await payment_client.paid(Hold(doctor, patient, appointment)))
    answer = await payment_client.client.post(BULK, headers=bearer(doctor, "doctor"), json={"reason": "I am ill."})
    assert answer.json()["count"] == 3
    for begun in begun_payments:
        await ends_as(payment_client, begun, "completed")
    to_twice = await letters_to(owner, mailbox, twice, "Canceled", "Refunded", "Refunded")
    assert "A refund of 200.00 USD was requested." in to_twice[0].text
    to_once = await letters_to(owner, mailbox, once, "Canceled", "Refunded")
    assert "A refund of 100.00 USD was requested." in to_once[0].text
    assert payment_worker.logged("server_unavailable") == []


async def test_a_refund_whose_answer_is_lost(
    payment_client: PaymentClient, owner: asyncpg.Connection, mailbox: Mailbox, payment_worker: WorkerProcess
) -> None:
    begun = await payment_client.paid()
    await payment_client.fake_paypal.add_fault("refund_capture", "drop_after", times=4)
    assert (await as_doctor(payment_client.client, begun.doctor, begun.appointment, "doctor_cancel")).status_code == 200

    async def is_noted() -> bool:
        return bool(await owner.fetchval("SELECT outcome FROM refund WHERE payment_id = $1", begun.payment))

    await eventually(is_noted)
    await payment_client.make_due(begun)
    await ends_as(payment_client, begun, "completed")
    assert len(await payment_client.paypal_refunds(begun)) == 1
    await letters_to(owner, mailbox, begun.patient, "Canceled", "Refunded")
    assert payment_worker.logged("server_unavailable") == []


async def test_refunds_that_paypal_takes_its_time_over(
    payment_client: PaymentClient, owner: asyncpg.Connection, mailbox: Mailbox, payment_worker: WorkerProcess
) -> None:
    begun_payments = [await payment_client.paid(await payment_client.hold(number)) for number in range(2)]
    await payment_client.fake_paypal.add_fault("refund_capture", "pending", times=2)
    for begun in begun_payments:
        assert (await cancel(payment_client.client, begun.patient, begun.appointment)).status_code == 200
        await ends_as(payment_client, begun, "pending")
    await letters_to(owner, mailbox, begun_payments[0].patient, "Canceled")
    for begun, end in zip(begun_payments, ("COMPLETED", "FAILED"), strict=True):
        (refund,) = await payment_client.paypal_refunds(begun)
        await payment_client.fake_paypal.post(f"/refunds/{refund['id']}/decide", {"status": end})
    await ends_as(payment_client, begun_payments[0], "completed")
    await ends_as(payment_client, begun_payments[1], "failed")
    await letters_to(owner, mailbox, begun_payments[0].patient, "Canceled", "Refunded")
    await letters_to(owner, mailbox, begun_payments[1].patient, "Canceled")
    assert await payment_client.attention(begun_payments[0]) == []
    assert await payment_client.attention(begun_payments[1]) == ["The refund has failed: no reason given"]
    assert payment_worker.logged("server_unavailable") == []


async def test_canceled_while_the_money_is_being_taken(
    payment_client: PaymentClient, owner: asyncpg.Connection, mailbox: Mailbox, payment_worker: WorkerProcess
) -> None:
    begun = await payment_client.begin()
    await payment_client.fake_paypal.add_fault("capture_order", "slow_before", seconds=4)
    await payment_client.fake_paypal.approve(begun.order)
    paying = asyncio.create_task(payment_client.execute(begun))

    async def is_capturing() -> bool:
        return (await payment_client.statuses(begun))[0] == "capturing"

    await eventually(is_capturing)
    assert (await as_doctor(payment_client.client, begun.doctor, begun.appointment, "doctor_cancel")).status_code == 200
    await paying
    await ends_as(payment_client, begun, "completed")
    messages = await letters_to(owner, mailbox, begun.patient, "Canceled", "Refund requested", "Refunded")
    assert "refund" not in messages[0].text  # of which nobody knew then
    assert "You receive a full refund. We will send you a mail when it is complete." in messages[1].text
    assert [refund["status"] for refund in await payment_client.paypal_refunds(begun)] == ["COMPLETED"]
    assert payment_worker.logged("server_unavailable") == []


async def test_a_refund_is_not_lost_with_its_webhook(
    payment_client: PaymentClient, owner: asyncpg.Connection, mailbox: Mailbox, payment_worker: WorkerProcess
) -> None:
    begun = await payment_client.paid()
    await payment_client.fake_paypal.add_fault("refund_capture", "pending")
    assert (await cancel(payment_client.client, begun.patient, begun.appointment)).status_code == 200
    await ends_as(payment_client, begun, "pending")
    await payment_client.fake_paypal.add_fault("webhook", "withhold", times=2)
    (refund,) = await payment_client.paypal_refunds(begun)
    await payment_client.fake_paypal.post(f"/refunds/{refund['id']}/decide", {"status": "COMPLETED"})
    await payment_client.make_due(begun)
    await ends_as(payment_client, begun, "completed")
    await letters_to(owner, mailbox, begun.patient, "Canceled", "Refunded")
    assert payment_worker.logged("server_unavailable") == []
