"""The mail server is away, refuses, or takes its time: mails wait or fail, and none goes out twice."""

import asyncio
import re
from collections.abc import AsyncIterator
from functools import partial

import asyncpg
import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, Envelope, Session
from redis.asyncio import Redis
from saq.job import Status
from saq.queue.redis import RedisQueue

from app.sandbox.mailbox import Mailbox
from app.workers.settings import CONCURRENCY
from tests.factories import make_patient, make_patients
from tests.workers.conftest import StartWorker
from tests.workers.gates import Gate
from tests.workers.processes import eventually
from tests.workers.stories import Full, address, cancel, full_doctor, is_settled, join, rows


class MoodyMailbox(Mailbox):
    """A mailbox that refuses some mails at first or for good, or keeps the sender waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.unknown: set[str] = set()
        self.later: set[str] = set()
        self.unwanted: set[str] = set()
        self.turned_away: list[str] = []  # Message-IDs
        self.at_ease = asyncio.Event()
        self.at_ease.set()
        self.begun = 0  # mails, sent to the end or not

    async def has_begun(self, mails: int) -> bool:
        """Whether the sending of that many mails has begun."""
        return self.begun >= mails

    async def handle_RCPT(  # noqa: N802  aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if address in self.unknown:
            return f"550 5.1.1 <{address}>: no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.begun += 1
        await self.at_ease.wait()
        if self.later.intersection(envelope.rcpt_tos):
            self.turned_away += re.findall(r"Message-ID: (\S+)", (envelope.original_content or b"").decode())
            return "451 4.3.0 try again later"
        if self.unwanted.intersection(envelope.rcpt_tos):
            return "554 5.7.1 looks like spam"
        return await super().handle_DATA(server, session, envelope)


@pytest_asyncio.fixture
async def mailbox() -> AsyncIterator[MoodyMailbox]:
    box = MoodyMailbox()
    await box.start()
    yield box
    box.at_ease.set()
    await box.stop()


async def canceled_while(waiting: int, owner: asyncpg.Connection, app: asyncpg.Connection) -> Full:
    """Cancel an appointment while a patient waits."""
    full = await full_doctor(owner, app)
    await join(app, waiting, full.doctor)
    await cancel(app, full)
    return full


async def hurry(owner: asyncpg.Connection) -> None:
    """Let the time pass until every mail in the outbox is due."""
    await owner.execute("UPDATE notification SET due_at = now() WHERE status = 'queued'")


async def test_mails_wait_while_the_server_is_away(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: MoodyMailbox, make_worker: StartWorker
) -> None:
    async with Gate(f"smtp://127.0.0.1:{mailbox.smtp_port}", default_port=25) as gate:
        full = await canceled_while(await make_patient(owner), owner, app)
        await make_worker(EMAIL_PORT=str(gate.port)).start()

        async def all_have_failed() -> bool:
            return all(row["outcome"] for row in await rows(owner, full))

        await eventually(all_have_failed)
        for row in await rows(owner, full):
            assert (row["status"], row["outcome"], row["later"]) == ("queued", "SMTPConnectError", True)
        await gate.open()
        await hurry(owner)
        await eventually(partial(is_settled, owner))
    assert {row["status"] for row in await rows(owner, full)} == {"sent"}
    assert len(mailbox.letters) == 3


async def test_a_refusal_for_now_is_tried_again_with_the_same_message_id(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: MoodyMailbox, make_worker: StartWorker
) -> None:
    waiting = await make_patient(owner)
    mailbox.later.add(await address(owner, waiting))
    full = await canceled_while(waiting, owner, app)
    await make_worker().start()

    async def refused() -> asyncpg.Record | None:
        row = (await rows(owner, full))[-1]
        return row if row["outcome"] else None

    row = await eventually(refused)
    assert row is not None
    assert (row["status"], row["outcome"], row["later"]) == ("queued", "SMTPDataError 451", True)
    mailbox.later.clear()
    await hurry(owner)
    await eventually(partial(is_settled, owner))
    assert {row["status"] for row in await rows(owner, full)} == {"sent"}
    assert len(mailbox.letters) == 3
    assert {mailbox.letters[-1].message_id} == set(mailbox.turned_away) == {f"<{row['message_id']}@clinic.example>"}


async def test_a_refusal_for_good_is_not_tried_again_and_holds_up_no_other(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: MoodyMailbox, make_worker: StartWorker
) -> None:
    unknown, unwanted, last = await make_patients(owner, 3)
    mailbox.unknown.add(await address(owner, unknown))
    mailbox.unwanted.add(await address(owner, unwanted))
    full = await full_doctor(owner, app)
    for patient in (unknown, unwanted, last):
        await join(app, patient, full.doctor)
    await cancel(app, full)
    worker = make_worker()
    await worker.start()
    await eventually(partial(is_settled, owner))
    assert [(row["status"], row["outcome"]) for row in await rows(owner, full)] == [
        ("sent", None),
        ("sent", None),
        ("failed", "SMTPRecipientRefused 550"),
        ("failed", "SMTPDataError 554"),
        ("sent", None),
    ]
    assert mailbox.letters[-1].to == await address(owner, last)
    lines = worker.logged("mail_failed")
    assert [line["why"] for line in lines] == ["SMTPRecipientRefused 550", "SMTPDataError 554"]
    assert "@" not in str(lines)


async def overtime(redis: Redis) -> int:
    """Let the time pass until the jobs that are being done count as stuck; return how many there are."""
    queue = RedisQueue(redis, name="booking")
    jobs = [job async for job in queue.iter_jobs([Status.ACTIVE]) if job.function == "deliver"]
    for job in jobs:
        job.started -= 60_000
        await redis.set(job.id, queue.serialize(job))
    return len(jobs)


async def test_a_worker_killed_while_sending_is_replaced_by_another(
    owner: asyncpg.Connection,
    app: asyncpg.Connection,
    mailbox: MoodyMailbox,
    redis: Redis,
    make_worker: StartWorker,
) -> None:
    mailbox.at_ease.clear()
    full = await canceled_while(await make_patient(owner), owner, app)
    killed = make_worker()
    await killed.start()
    await eventually(partial(mailbox.has_begun, 1))
    await killed.kill()
    # what a minute does: the lease ends, and the job that the worker left behind counts as stuck
    await hurry(owner)
    assert await overtime(redis) == 1
    mailbox.at_ease.set()
    await make_worker().start()
    await eventually(partial(is_settled, owner))
    assert [(row["status"], row["attempts"]) for row in await rows(owner, full)] == [
        ("sent", 2),
        ("sent", 1),
        ("sent", 1),
    ]
    assert len({letter.message_id for letter in mailbox.letters}) == 3


async def test_a_worker_killed_while_sending_many_mails_leaves_nothing_that_takes_long(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: MoodyMailbox, redis: Redis, make_worker: StartWorker
) -> None:
    mailbox.at_ease.clear()
    for slot in range(CONCURRENCY):
        await cancel(app, await full_doctor(owner, app, slot))
    killed = make_worker()
    await killed.start()
    await eventually(partial(mailbox.has_begun, CONCURRENCY))
    await killed.kill()
    await hurry(owner)
    assert await overtime(redis) == CONCURRENCY
    mailbox.at_ease.set()
    await make_worker().start()
    await eventually(partial(is_settled, owner), seconds=40)  # SAQ by itself would spend 50 s on its 10 jobs


async def test_two_jobs_for_one_event_send_each_mail_once(
    owner: asyncpg.Connection,
    app: asyncpg.Connection,
    mailbox: MoodyMailbox,
    redis: Redis,
    make_worker: StartWorker,
) -> None:
    for worker in (make_worker(), make_worker()):
        await worker.start()
    mailbox.at_ease.clear()
    full = await canceled_while(await make_patient(owner), owner, app)
    await eventually(partial(mailbox.has_begun, 1))
    await redis.delete(*await redis.keys("saq:*"))  # it no longer knows that a job is running
    await app.execute("NOTIFY booking_outbox")
    await eventually(partial(mailbox.has_begun, 2))
    mailbox.at_ease.set()
    await eventually(partial(is_settled, owner))
    assert [(row["status"], row["attempts"]) for row in await rows(owner, full)] == [("sent", 1)] * 3
    assert len(mailbox.letters) == 3


async def test_a_worker_told_to_stop_ends_with_the_mail_that_it_is_sending(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: MoodyMailbox, make_worker: StartWorker
) -> None:
    mailbox.at_ease.clear()
    full = await canceled_while(await make_patient(owner), owner, app)
    worker = make_worker()
    await worker.start()
    await eventually(partial(mailbox.has_begun, 1))
    worker.terminate()
    await asyncio.sleep(3)  # more than an idle worker takes to stop
    mailbox.at_ease.set()
    assert await worker.wait() == 0
    assert [(row["status"], row["attempts"]) for row in await rows(owner, full)] == [
        ("sent", 1),
        ("queued", 0),
        ("queued", 0),
    ]
    assert worker.logged("stopped")
    await make_worker().start()  # and nothing that it left keeps another from going on
    await eventually(partial(is_settled, owner), seconds=20)
    assert len(mailbox.letters) == 3


@pytest.mark.parametrize("number", [15, 2])
async def test_an_idle_worker_stops_when_told_to(make_worker: StartWorker, number: int) -> None:
    worker = make_worker()
    await worker.start()
    worker.terminate(number)
    assert await worker.wait() == 0
    assert worker.logged("stopped")
    assert not worker.logged("saq")
