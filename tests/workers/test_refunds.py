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
from tests.support.paypal.payment_client import Bill, Hold, Teller
from tests.support.servers.worker_process import WorkerProcess, eventually

BULK = "/api/appointments/appointments/doctor_bulk_cancel/"


async def ends_as(teller: Teller, bill: Bill, status: str) -> None:
    """Wait until the payment's refund is completed, pending or failed."""

    async def is_so() -> bool:
        return [refund[0] for refund in await teller.refunds(bill)] == [status]

    await eventually(is_so)


async def letters_to(owner: asyncpg.Connection, mailbox: Mailbox, patient: int, *subjects: str) -> list[Message]:
    """Return the mails that a patient got, after checking how their subjects begin.

    Without those of confirmations: a cancellation that comes at once overtakes them.
    """
    await eventually(partial(is_settled, owner))
    to = await address(owner, patient)
    messages = [letter for letter in mailbox.messages if letter.to == to and not letter.subject.startswith("Confirmed")]
    assert [letter.subject.partition(":")[0] for letter in messages] == list(subjects)
    return messages


async def test_a_cancellation_by_the_patient(
    teller: Teller, owner: asyncpg.Connection, mailbox: Mailbox, cashier: WorkerProcess
) -> None:
    bill = await teller.paid()
    assert (await cancel(teller.client, bill.patient, bill.appointment)).status_code == 200
    await ends_as(teller, bill, "completed")
    messages = await letters_to(owner, mailbox, bill.patient, "Canceled", "Refunded")
    assert "A refund of 100.00 USD has been requested. You will get a mail when it is made." in messages[0].text
    assert messages[1].subject == "Refunded: 100.00 USD"
    assert "has been refunded through PayPal" in messages[1].text
    assert [refund["status"] for refund in await teller.given_back(bill)] == ["COMPLETED"]
    assert cashier.logged("server_unavailable") == []


async def test_a_bulk_cancellation_is_one_mail_and_each_refund_another(
    teller: Teller, owner: asyncpg.Connection, mailbox: Mailbox, cashier: WorkerProcess
) -> None:
    doctor, (twice, once) = await make_doctor(owner), [await make_patient(owner) for _ in range(2)]
    bills = []
    for number, patient in enumerate((twice, twice, once)):
        appointment = await book(owner, patient, doctor, a_slot(number))
        bills.append(await teller.paid(Hold(doctor, patient, appointment)))
    answer = await teller.client.post(BULK, headers=bearer(doctor, "doctor"), json={"reason": "I am ill."})
    assert answer.json()["count"] == 3
    for bill in bills:
        await ends_as(teller, bill, "completed")
    to_twice = await letters_to(owner, mailbox, twice, "Canceled", "Refunded", "Refunded")
    assert "A refund of 200.00 USD has been requested." in to_twice[0].text
    to_once = await letters_to(owner, mailbox, once, "Canceled", "Refunded")
    assert "A refund of 100.00 USD has been requested." in to_once[0].text
    assert cashier.logged("server_unavailable") == []


async def test_a_refund_whose_answer_is_lost(
    teller: Teller, owner: asyncpg.Connection, mailbox: Mailbox, cashier: WorkerProcess
) -> None:
    bill = await teller.paid()
    await teller.till.have("refund_capture", "drop_after", times=4)
    assert (await as_doctor(teller.client, bill.doctor, bill.appointment, "doctor_cancel")).status_code == 200

    async def is_noted() -> bool:
        return bool(await owner.fetchval("SELECT outcome FROM refund WHERE payment_id = $1", bill.payment))

    await eventually(is_noted)
    await teller.time_passes(bill)
    await ends_as(teller, bill, "completed")
    assert len(await teller.given_back(bill)) == 1
    await letters_to(owner, mailbox, bill.patient, "Canceled", "Refunded")
    assert cashier.logged("server_unavailable") == []


async def test_refunds_that_paypal_takes_its_time_over(
    teller: Teller, owner: asyncpg.Connection, mailbox: Mailbox, cashier: WorkerProcess
) -> None:
    bills = [await teller.paid(await teller.hold(number)) for number in range(2)]
    await teller.till.have("refund_capture", "pending", times=2)
    for bill in bills:
        assert (await cancel(teller.client, bill.patient, bill.appointment)).status_code == 200
        await ends_as(teller, bill, "pending")
    await letters_to(owner, mailbox, bills[0].patient, "Canceled")
    for bill, end in zip(bills, ("COMPLETED", "FAILED"), strict=True):
        (refund,) = await teller.given_back(bill)
        await teller.till.post(f"/refunds/{refund['id']}/decide", {"status": end})
    await ends_as(teller, bills[0], "completed")
    await ends_as(teller, bills[1], "failed")
    await letters_to(owner, mailbox, bills[0].patient, "Canceled", "Refunded")
    await letters_to(owner, mailbox, bills[1].patient, "Canceled")
    assert await teller.attention(bills[0]) == []
    assert await teller.attention(bills[1]) == ["The refund has failed: no reason given"]
    assert cashier.logged("server_unavailable") == []


async def test_canceled_while_the_money_is_being_taken(
    teller: Teller, owner: asyncpg.Connection, mailbox: Mailbox, cashier: WorkerProcess
) -> None:
    bill = await teller.begin()
    await teller.till.have("capture_order", "slow_before", seconds=4)
    await teller.till.approve(bill.order)
    paying = asyncio.create_task(teller.execute(bill))

    async def is_capturing() -> bool:
        return (await teller.statuses(bill))[0] == "capturing"

    await eventually(is_capturing)
    assert (await as_doctor(teller.client, bill.doctor, bill.appointment, "doctor_cancel")).status_code == 200
    await paying
    await ends_as(teller, bill, "completed")
    messages = await letters_to(owner, mailbox, bill.patient, "Canceled", "Refund requested", "Refunded")
    assert "refund" not in messages[0].text  # of which nobody knew then
    assert "All of it goes back to you. You will get a mail when the refund is made." in messages[1].text
    assert [refund["status"] for refund in await teller.given_back(bill)] == ["COMPLETED"]
    assert cashier.logged("server_unavailable") == []


async def test_a_refund_is_not_lost_with_its_webhook(
    teller: Teller, owner: asyncpg.Connection, mailbox: Mailbox, cashier: WorkerProcess
) -> None:
    bill = await teller.paid()
    await teller.till.have("refund_capture", "pending")
    assert (await cancel(teller.client, bill.patient, bill.appointment)).status_code == 200
    await ends_as(teller, bill, "pending")
    await teller.till.have("webhook", "withhold", times=2)
    (refund,) = await teller.given_back(bill)
    await teller.till.post(f"/refunds/{refund['id']}/decide", {"status": "COMPLETED"})
    await teller.time_passes(bill)
    await ends_as(teller, bill, "completed")
    await letters_to(owner, mailbox, bill.patient, "Canceled", "Refunded")
    assert cashier.logged("server_unavailable") == []
