"""Other workers take over when a worker is killed or stopped during its work."""

import asyncio
from functools import partial

import pytest
from redis.asyncio import Redis
from saq.job import Status
from saq.queue.redis import RedisQueue

from app.workers.main import CONCURRENCY
from tests.support.factories import make_patient
from tests.support.mail.faulty_mailboxes import FaultyMailbox
from tests.support.mail.scenarios import FullDoctor, MailScenario
from tests.support.servers.worker_process import eventually


async def make_jobs_stuck(redis: Redis) -> int:
    """Make the active jobs count as stuck; return their number."""
    queue = RedisQueue(redis, name="booking")
    jobs = [job async for job in queue.iter_jobs([Status.ACTIVE]) if job.function == "deliver"]
    for job in jobs:
        job.touched -= 60_000
        await redis.set(job.id, queue.serialize(job))
    return len(jobs)


async def kill_while_sending(mailbox: FaultyMailbox, redis: Redis, scenario: MailScenario, jobs: int) -> None:
    """Kill a worker while it sends `jobs` mails, and simulate that a minute has passed."""
    worker = await scenario.start_worker()
    await eventually(partial(mailbox.has_begun, jobs))
    await worker.kill()
    # after a minute, the lease has ended and the jobs of the killed worker count as stuck
    await scenario.make_mails_due()
    assert await make_jobs_stuck(redis) == jobs
    mailbox.accepting.set()


async def two_cancellations(scenario: MailScenario) -> tuple[FullDoctor, FullDoctor]:
    """Cancel two appointments while one patient waits for both; that patient gets two of the six mails."""
    waiting = await make_patient(scenario.owner)
    first, second = [await scenario.full_doctor(slot) for slot in range(2)]
    for booked_up in (first, second):
        await scenario.join(waiting, booked_up.doctor)
        await scenario.cancel(booked_up)
    return first, second


async def test_a_worker_killed_while_sending_is_replaced_by_another(
    mailbox: FaultyMailbox, redis: Redis, scenario: MailScenario
) -> None:
    mailbox.accepting.clear()
    booked_up = await scenario.cancel_while_waiting()
    await kill_while_sending(mailbox, redis, scenario, 3)
    messages = await scenario.sent()
    assert await scenario.attempts(booked_up) == [("sent", 2)] * 3
    assert len({message.message_id for message in messages}) == 3


async def test_a_worker_killed_while_sending_many_mails_does_not_delay_the_next(
    mailbox: FaultyMailbox, redis: Redis, scenario: MailScenario
) -> None:
    mailbox.accepting.clear()
    for slot in range(CONCURRENCY):
        await scenario.cancel(await scenario.full_doctor(slot))
    await kill_while_sending(mailbox, redis, scenario, CONCURRENCY)
    await scenario.start_worker()
    await scenario.settled(seconds=40)  # SAQ alone would need 50 s for its 10 jobs


async def test_two_jobs_for_one_account_send_each_mail_once(
    mailbox: FaultyMailbox, redis: Redis, scenario: MailScenario
) -> None:
    for _ in range(2):
        await scenario.start_worker()
    mailbox.accepting.clear()
    first, second = await two_cancellations(scenario)
    await eventually(partial(mailbox.has_begun, 5))
    await redis.delete(*await redis.keys("saq:*"))  # Redis loses the record of the running job
    await scenario.app.execute("NOTIFY booking_outbox")
    await asyncio.sleep(1)  # time for a second job to send the mail again, which it must not
    mailbox.accepting.set()
    messages = await scenario.settled()
    assert await scenario.attempts(first) + await scenario.attempts(second) == [("sent", 1)] * 6
    assert len(messages) == 6
    assert messages[-1].message_id == (await scenario.message_ids(second))[-1]  # it was sent after the first one


async def test_a_worker_told_to_stop_ends_with_the_mail_that_it_is_sending(
    mailbox: FaultyMailbox, scenario: MailScenario
) -> None:
    mailbox.accepting.clear()
    first, second = await two_cancellations(scenario)
    worker = await scenario.start_worker()
    await eventually(partial(mailbox.has_begun, 5))
    worker.terminate()
    await asyncio.sleep(3)  # longer than an idle worker takes to stop
    mailbox.accepting.set()
    assert await worker.wait() == 0
    assert set(await scenario.statuses(first)) == {"sent"}
    assert await scenario.attempts(second) == [("sent", 1), ("sent", 1), ("queued", 0)]
    assert worker.logged("worker_stopped")
    await scenario.start_worker()  # nothing that it left delays another worker
    assert len(await scenario.settled(seconds=20)) == 6


@pytest.mark.parametrize("number", [15, 2])
async def test_an_idle_worker_stops_when_told_to(scenario: MailScenario, number: int) -> None:
    worker = await scenario.start_worker()
    worker.terminate(number)
    assert await worker.wait() == 0
    assert worker.logged("worker_stopped")
    assert not worker.logged("saq")
