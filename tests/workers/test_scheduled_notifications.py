"""Mails that were planned ahead go out when they are due."""

from decimal import Decimal
from functools import partial

import asyncpg

from app.sandbox.mailbox.server import Mailbox
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.mail.scenarios import address
from tests.support.servers.worker_process import eventually
from tests.workers.conftest import StartWorker


async def test_a_hold_and_a_visit_are_told_of_when_it_is_time(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker
) -> None:
    patient = await make_patient(owner)
    await book(app, patient, await make_doctor(owner, full_name="Dr. Fee"), a_slot())
    await book(app, patient, await make_doctor(owner, full_name="Dr. Free", fee=Decimal(0)), a_slot(1))
    await owner.execute("UPDATE notification SET status = 'sent'")
    await owner.execute("UPDATE scheduled_notification SET due_at = now()")
    for worker in (make_worker(), make_worker()):
        await worker.start()

    async def has_arrived(mails: int) -> bool:
        return len(mailbox.messages) >= mails

    await eventually(partial(has_arrived, 3))
    subjects = sorted(message.subject.partition(",")[0] for message in mailbox.messages)
    assert subjects == ["Held for you: Dr. Fee", "Payment due: Dr. Fee", "Reminder: Dr. Free"]
    assert {message.to for message in mailbox.messages} == {await address(owner, patient)}
