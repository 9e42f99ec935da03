"""The id of the request that changed something is in the mails about it, and in the worker's log of them."""

from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import Message
from functools import partial

import asyncpg
import pytest_asyncio
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.sandbox.mailbox.server import Mailbox
from tests.support.factories import make_patient
from tests.support.mail.scenarios import FullDoctor, address, cancel, full_doctor, is_settled, join
from tests.support.servers.worker_process import eventually
from tests.workers.conftest import StartWorker


class HeaderedMailbox(Mailbox):
    """A mailbox that keeps the mails' headers, and knows an address that it turns away."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Message] = []
        self.unwanted = ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        if self.unwanted in envelope.rcpt_tos:
            return "554 5.7.1 looks like spam"
        self.mails.append(message_from_bytes(envelope.original_content or b""))
        return await super().handle_DATA(server, session, envelope)


@pytest_asyncio.fixture
async def mailbox() -> AsyncIterator[HeaderedMailbox]:
    box = HeaderedMailbox()
    await box.start()
    yield box
    await box.stop()


async def canceled_by_request(
    request_id: str | None, waiting: int, owner: asyncpg.Connection, app: asyncpg.Connection, slot: int = 0
) -> FullDoctor:
    """Cancel an appointment, as part of a request if one is given, while a patient waits."""
    booked_up = await full_doctor(owner, app, slot)
    await join(owner, waiting, booked_up.doctor)
    async with app.transaction():
        if request_id:
            await app.execute("SELECT set_config('booking.request', $1, true)", request_id)
        await cancel(app, booked_up)
    return booked_up


async def test_mails_carry_the_id_of_their_act_and_others_none(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: HeaderedMailbox, make_worker: StartWorker
) -> None:
    for number, request_id in enumerate(("act-1", None, "act-2")):
        await canceled_by_request(request_id, await make_patient(owner), owner, app, number)
    worker = make_worker()
    await worker.start()
    await eventually(partial(is_settled, owner))
    sent = sorted(str(mail["X-Request-ID"]) for mail in mailbox.mails)
    assert sent == ["None"] * 3 + ["act-1"] * 3 + ["act-2"] * 3
    lines = await worker.wait_for_log("mail_sent", len(sent))
    assert sorted(line.get("request", "None") for line in lines) == sent


async def test_a_failure_is_logged_under_the_id_of_the_act(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: HeaderedMailbox, make_worker: StartWorker
) -> None:
    waiting = await make_patient(owner)
    mailbox.unwanted = await address(owner, waiting)
    await canceled_by_request("act-3", waiting, owner, app)
    worker = make_worker()
    await worker.start()
    await eventually(partial(is_settled, owner))
    assert [line["request"] for line in await worker.wait_for_log("mail_failed")] == ["act-3"]
