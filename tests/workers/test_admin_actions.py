"""An admin's acts at psql, with a real worker: the same mails, refund and offer as after the same act through the API."""

from decimal import Decimal
from functools import partial

import asyncpg

from app.sandbox.mailbox.server import Mailbox
from tests.support.db.offers import waiting
from tests.support.factories import a_slot, book, make_doctor, make_patients
from tests.support.http.bookings import cancel
from tests.support.mail.scenarios import address, is_settled
from tests.support.paypal.payment_client import BegunPayment, PaymentClient
from tests.support.servers.worker_process import WorkerProcess, eventually
from tests.workers.conftest import StartWorker

CANCEL = "SELECT * FROM admin.cancel_appointment($1)"
BULK = "SELECT * FROM admin.bulk_cancel($1, NULL, 'The practice is closed.')"


async def mailed(owner: asyncpg.Connection, mailbox: Mailbox, people: dict[int, str]) -> list[tuple[str, str]]:
    """Return who got which mail, by how its subject begins, when all are sent."""
    await eventually(partial(is_settled, owner))
    who = {await address(owner, account): name for account, name in people.items()}
    mails = [(who[message.to], message.subject.partition(":")[0]) for message in mailbox.messages if message.to in who]
    return sorted(mails)


async def aftermath(
    payment_client: PaymentClient, owner: asyncpg.Connection, mailbox: Mailbox, begun: BegunPayment, waits: int
) -> tuple[object, ...]:
    """Return what came of a cancellation: mails, the money at PayPal, and who is offered the slot."""

    async def is_back() -> bool:
        return [refund[0] for refund in await payment_client.refunds(begun)] == ["completed"]

    await eventually(is_back)
    people = {begun.patient: "patient", begun.doctor: "doctor", waits: "waiting"}
    offered = await owner.fetch("SELECT patient FROM admin.offers WHERE doctor = $1", begun.doctor)
    given = [(refund["status"], refund["amount"]["value"]) for refund in await payment_client.paypal_refunds(begun)]
    return await mailed(owner, mailbox, people), given, [row["patient"] for row in offered] == [waits]


async def test_a_cancellation_at_psql_is_like_one_through_the_api(
    payment_client: PaymentClient,
    owner: asyncpg.Connection,
    admin: asyncpg.Connection,
    mailbox: Mailbox,
    payment_worker: WorkerProcess,
) -> None:
    begun_payments = [
        await payment_client.paid(await payment_client.hold(number, max_appointments=1)) for number in range(2)
    ]
    waits = [(await waiting(owner, begun.doctor, 1))[0] for begun in begun_payments]
    await eventually(partial(is_settled, owner))
    mailbox.messages.clear()
    assert (
        await cancel(payment_client.client, begun_payments[0].patient, begun_payments[0].appointment)
    ).status_code == 200
    (row,) = await admin.fetch(CANCEL, begun_payments[1].appointment)
    assert row["status"] == "canceled"
    ends = [await aftermath(payment_client, owner, mailbox, *case) for case in zip(begun_payments, waits, strict=True)]
    assert ends[0] == ends[1]
    mails, given, is_offered = ends[1]
    assert mails == [
        ("doctor", "Canceled"),
        ("patient", "Canceled"),
        ("patient", "Refunded"),
        ("waiting", "Free"),
    ]
    assert given == [("COMPLETED", "100.00")]
    assert is_offered
    assert payment_worker.logged("server_unavailable") == []


async def test_a_bulk_cancellation_at_psql_is_one_mail_to_each_patient_and_the_doctor(
    owner: asyncpg.Connection, admin: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker
) -> None:
    doctor, (twice, once) = await make_doctor(owner, fee=Decimal(0)), await make_patients(owner, 2)
    for number, patient in enumerate((twice, twice, once)):
        await book(owner, patient, doctor, a_slot(number))
    await owner.execute("UPDATE notification SET status = 'sent', sent_at = now()")
    assert len(await admin.fetch(BULK, doctor)) == 3
    await make_worker().start()
    people = {doctor: "doctor", twice: "twice", once: "once"}
    assert await mailed(owner, mailbox, people) == [("doctor", "Canceled"), ("once", "Canceled"), ("twice", "Canceled")]
    texts = {message.to: message.text for message in mailbox.messages}
    assert all("The practice is closed." in text for text in texts.values())
    to_doctor, to_twice = texts[await address(owner, doctor)], texts[await address(owner, twice)]
    for number in (1, 2):
        start = a_slot(number)
        assert f"{start:%H:%M}" in to_doctor.partition("Also canceled:")[2]
    assert f"{a_slot(1):%H:%M}" in to_twice.partition("Also canceled:")[2]
