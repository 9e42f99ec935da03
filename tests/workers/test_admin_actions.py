"""An admin's acts at psql, with a real worker: the same mails, refund and offer as after the same act through the API."""

from decimal import Decimal
from functools import partial

import asyncpg

from app.sandbox.mailbox.server import Mailbox
from tests.support.db.offers import waiting
from tests.support.factories import a_slot, book, make_doctor, make_patients
from tests.support.http.bookings import cancel
from tests.support.mail.scenarios import address, is_settled
from tests.support.paypal.payment_client import Bill, Teller
from tests.support.servers.worker_process import WorkerProcess, eventually
from tests.workers.conftest import StartWorker

CANCEL = "SELECT * FROM admin.cancel_appointment($1)"
BULK = "SELECT * FROM admin.bulk_cancel($1, NULL, 'The practice is closed.')"


async def mailed(owner: asyncpg.Connection, mailbox: Mailbox, people: dict[int, str]) -> list[tuple[str, str]]:
    """Return who got which mail, by how its subject begins, when all are sent."""
    await eventually(partial(is_settled, owner))
    who = {await address(owner, account): name for account, name in people.items()}
    mails = [(who[letter.to], letter.subject.partition(":")[0]) for letter in mailbox.messages if letter.to in who]
    return sorted(mails)


async def aftermath(
    teller: Teller, owner: asyncpg.Connection, mailbox: Mailbox, bill: Bill, waits: int
) -> tuple[object, ...]:
    """Return what came of a cancellation: mails, the money at PayPal, and who is offered the slot."""

    async def is_back() -> bool:
        return [refund[0] for refund in await teller.refunds(bill)] == ["completed"]

    await eventually(is_back)
    people = {bill.patient: "patient", bill.doctor: "doctor", waits: "waiting"}
    offered = await owner.fetch("SELECT patient FROM admin.offers WHERE doctor = $1", bill.doctor)
    given = [(refund["status"], refund["amount"]["value"]) for refund in await teller.given_back(bill)]
    return await mailed(owner, mailbox, people), given, [row["patient"] for row in offered] == [waits]


async def test_a_cancellation_at_psql_is_like_one_through_the_api(
    teller: Teller, owner: asyncpg.Connection, admin: asyncpg.Connection, mailbox: Mailbox, cashier: WorkerProcess
) -> None:
    bills = [await teller.paid(await teller.hold(number, max_appointments=1)) for number in range(2)]
    waits = [(await waiting(owner, bill.doctor, 1))[0] for bill in bills]
    await eventually(partial(is_settled, owner))
    mailbox.messages.clear()
    assert (await cancel(teller.client, bills[0].patient, bills[0].appointment)).status_code == 200
    (row,) = await admin.fetch(CANCEL, bills[1].appointment)
    assert row["status"] == "canceled"
    ends = [await aftermath(teller, owner, mailbox, *case) for case in zip(bills, waits, strict=True)]
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
    assert cashier.logged("server_unavailable") == []


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
    texts = {letter.to: letter.text for letter in mailbox.messages}
    assert all("The practice is closed." in text for text in texts.values())
    to_doctor, to_twice = texts[await address(owner, doctor)], texts[await address(owner, twice)]
    for number in (1, 2):
        start = a_slot(number)
        assert f"{start:%H:%M}" in to_doctor.partition("Canceled with it:")[2]
    assert f"{a_slot(1):%H:%M}" in to_twice.partition("Canceled with it:")[2]
