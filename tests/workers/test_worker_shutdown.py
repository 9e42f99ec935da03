"""Workers are killed, or told to stop, in the midst of their work: others go on with it."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import asyncpg
import pytest
import pytest_asyncio
from redis.asyncio import Redis
from saq.job import Status
from saq.queue.redis import RedisQueue

from app.workers.main import CONCURRENCY
from tests.support.factories import make_patient
from tests.support.mail.faulty_mailboxes import FaultyMailbox
from tests.support.mail.scenarios import (
    FullDoctor,
    cancel,
    cancel_while_waiting,
    full_doctor,
    is_settled,
    join,
    make_mails_due,
    rows,
)
from tests.support.servers.worker_process import eventually
from tests.workers.conftest import StartWorker


@pytest_asyncio.fixture
async def mailbox() -> AsyncIterator[FaultyMailbox]:
    box = FaultyMailbox()
    await box.start()
    yield box
    box.at_ease.set()
    await box.stop()


async def overtime(redis: Redis) -> int:
    """Let the time pass until the jobs that are being done count as stuck; return how many there are."""
    queue = RedisQueue(redis, name="booking")
    jobs = [job async for job in queue.iter_jobs([Status.ACTIVE]) if job.function == "deliver"]
    for job in jobs:
        job.touched -= 60_000
        await redis.set(job.id, queue.serialize(job))
    return len(jobs)


async def two_cancellations(owner: asyncpg.Connection, app: asyncpg.Connection) -> tuple[FullDoctor, FullDoctor]:
    """Cancel two appointments while one patient waits for both: of six mails, that patient gets two."""
    waiting = await make_patient(owner)
    first, second = [await full_doctor(owner, app, slot) for slot in range(2)]
    for booked_up in (first, second):
        await join(owner, waiting, booked_up.doctor)
        await cancel(app, booked_up)
    return first, second


async def test_a_worker_killed_while_sending_is_replaced_by_another(
    owner: asyncpg.Connection,
    app: asyncpg.Connection,
    mailbox: FaultyMailbox,
    redis: Redis,
    make_worker: StartWorker,
) -> None:
    mailbox.at_ease.clear()
    booked_up = await cancel_while_waiting(await make_patient(owner), owner, app)
    killed = make_worker()
    await killed.start()
    await eventually(partial(mailbox.has_begun, 3))
    await killed.kill()
    # what a minute does: the lease ends, and the jobs that the worker left behind count as stuck
    await make_mails_due(owner)
    assert await overtime(redis) == 3
    mailbox.at_ease.set()
    await make_worker().start()
    await eventually(partial(is_settled, owner))
    assert [(row["status"], row["attempts"]) for row in await rows(owner, booked_up)] == [("sent", 2)] * 3
    assert len({message.message_id for message in mailbox.messages}) == 3


async def test_a_worker_killed_while_sending_many_mails_leaves_nothing_that_takes_long(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: FaultyMailbox, redis: Redis, make_worker: StartWorker
) -> None:
    mailbox.at_ease.clear()
    for slot in range(CONCURRENCY):
        await cancel(app, await full_doctor(owner, app, slot))
    killed = make_worker()
    await killed.start()
    await eventually(partial(mailbox.has_begun, CONCURRENCY))
    await killed.kill()
    await make_mails_due(owner)
    assert await overtime(redis) == CONCURRENCY
    mailbox.at_ease.set()
    await make_worker().start()
    await eventually(partial(is_settled, owner), seconds=40)  # SAQ by itself would spend 50 s on its 10 jobs


async def test_two_jobs_for_one_account_send_each_mail_once(
    owner: asyncpg.Connection,
    app: asyncpg.Connection,
    mailbox: FaultyMailbox,
    redis: Redis,
    make_worker: StartWorker,
) -> None:
    for worker in (make_worker(), make_worker()):
        await worker.start()
    mailbox.at_ease.clear()
    first, second = await two_cancellations(owner, app)
    await eventually(partial(mailbox.has_begun, 5))
    await redis.delete(*await redis.keys("saq:*"))  # it no longer knows that a job is running
    await app.execute("NOTIFY booking_outbox")
    await asyncio.sleep(1)  # whatever is done about it is done by now
    mailbox.at_ease.set()
    await eventually(partial(is_settled, owner))
    sent = [*await rows(owner, first), *await rows(owner, second)]
    assert [(row["status"], row["attempts"]) for row in sent] == [("sent", 1)] * 6
    assert len(mailbox.messages) == 6
    assert mailbox.messages[-1].message_id == f"<{sent[-1]['message_id']}@clinic.example>"  # it has waited for its turn


async def test_a_worker_told_to_stop_ends_with_the_mail_that_it_is_sending(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: FaultyMailbox, make_worker: StartWorker
) -> None:
    mailbox.at_ease.clear()
    first, second = await two_cancellations(owner, app)
    worker = make_worker()
    await worker.start()
    await eventually(partial(mailbox.has_begun, 5))
    worker.terminate()
    await asyncio.sleep(3)  # more than an idle worker takes to stop
    mailbox.at_ease.set()
    assert await worker.wait() == 0
    assert {row["status"] for row in await rows(owner, first)} == {"sent"}
    assert [(row["status"], row["attempts"]) for row in await rows(owner, second)] == [
        ("sent", 1),
        ("sent", 1),
        ("queued", 0),
    ]
    assert worker.logged("worker_stopped")
    await make_worker().start()  # and nothing that it left keeps another from going on
    await eventually(partial(is_settled, owner), seconds=20)
    assert len(mailbox.messages) == 6


@pytest.mark.parametrize("number", [15, 2])
async def test_an_idle_worker_stops_when_told_to(make_worker: StartWorker, number: int) -> None:
    worker = make_worker()
    await worker.start()
    worker.terminate(number)
    assert await worker.wait() == 0
    assert worker.logged("worker_stopped")
    assert not worker.logged("saq")
