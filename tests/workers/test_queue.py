"""The queue gives up the jobs of dead workers, and no others."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from saq import Job, Status
from saq.utils import now

from app.workers.heartbeat import HEARTBEAT_SECONDS, JOB_SECONDS
from app.workers.queue import BookingQueue

# SAQ calls redis's setex(), which redis 8 deprecates
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")


async def swept(queue: BookingQueue) -> list[str]:
    """Sweep, as if no worker had swept recently; return the keys of the jobs that were given up."""
    await queue.redis.delete("saq:tested:sweep")
    return await queue.sweep(60)


async def taken(queue: BookingQueue) -> Job:
    """Enqueue a job and dequeue it, as a worker does before it marks the job."""
    assert await queue.enqueue("deliver", key="deliver:1")
    job = await queue.dequeue(timeout=1)
    assert job
    return job


async def flush(queue: BookingQueue) -> None:
    await queue.redis.delete(*await queue.redis.keys("saq:*tested*"))


async def mark(job: Job) -> None:
    """Mark a dequeued job as begun, as a worker does."""
    job.started = now()
    await job.update(status=Status.ACTIVE)


@pytest_asyncio.fixture
async def queue(redis: Redis) -> AsyncIterator[BookingQueue]:
    """A queue that no worker uses."""
    queue = BookingQueue(redis, name="tested")
    yield queue
    await flush(queue)


async def test_a_job_that_was_taken_a_moment_ago_is_not_given_up(queue: BookingQueue) -> None:
    for _ in range(3):  # of the same account, one after the other
        job = await taken(queue)
        assert await swept(queue) == []
        await mark(job)
        assert await swept(queue) == []
        await job.finish(Status.COMPLETE)


async def test_a_job_whose_worker_died_before_marking_it_is_given_up(queue: BookingQueue) -> None:
    job = await taken(queue)
    assert await swept(queue) == []
    assert await queue.enqueue("deliver", key=job.key) is None
    assert await swept(queue) == [job.key]
    await taken(queue)


async def test_a_job_overwritten_by_an_earlier_job_of_its_key_is_given_up(queue: BookingQueue) -> None:
    earlier = await taken(queue)
    await mark(earlier)
    await flush(queue)  # so the key is free again
    assert await queue.enqueue("deliver", key=earlier.key)
    await earlier.finish(Status.COMPLETE)
    assert await queue.dequeue(timeout=1)
    assert [await swept(queue) for _ in range(2)] == [[], [earlier.key]]
    await taken(queue)


async def test_a_job_without_a_heartbeat_is_given_up(queue: BookingQueue) -> None:
    job = await taken(queue)
    await mark(job)
    job.touched -= (HEARTBEAT_SECONDS + 1) * 1000  # milliseconds
    await queue.redis.set(job.id, queue.serialize(job))
    assert await swept(queue) == [job.key]
    await taken(queue)


async def test_a_job_that_redis_has_lost_blocks_no_other(queue: BookingQueue) -> None:
    job = await taken(queue)
    await queue.redis.delete(job.id)
    assert await swept(queue) == []
    await taken(queue)


async def test_a_job_enqueued_during_a_sweep_is_not_lost(queue: BookingQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await taken(queue)
    get = queue.redis.get

    async def get_and_be_overtaken(job_id: bytes) -> Any:
        monkeypatch.undo()
        await flush(queue)
        found = await get(job_id)
        await taken(queue)
        return found

    monkeypatch.setattr(queue.redis, "get", get_and_be_overtaken)
    assert await swept(queue) == []
    assert await queue.enqueue("deliver", key=job.key) is None
    assert [await swept(queue) for _ in range(2)] == [[], [job.key]]  # its worker has died
    await taken(queue)


async def test_a_job_with_a_heartbeat_has_its_time(queue: BookingQueue) -> None:
    job = await taken(queue)
    await mark(job)
    job.started -= (JOB_SECONDS - 60) * 1000  # milliseconds
    await job.update()
    assert await swept(queue) == []
    job.started -= 61_000
    await job.update()
    assert await swept(queue) == [job.key]


async def test_a_job_may_be_given_more_time(queue: BookingQueue) -> None:
    assert await queue.enqueue("purge", key="purge", timeout=300)
    job = await queue.dequeue(timeout=1)
    assert job
    await mark(job)
    job.started -= (JOB_SECONDS + 60) * 1000  # milliseconds
    await job.update()
    assert await swept(queue) == []


async def test_only_one_worker_sweeps(queue: BookingQueue) -> None:
    other = BookingQueue(queue.redis, name="tested")
    job = await taken(queue)
    for sweeper in (queue, other, other, queue):
        assert await sweeper.sweep(60) == []
    await queue.redis.delete("saq:tested:sweep")
    assert await queue.sweep(60) == [job.key]
