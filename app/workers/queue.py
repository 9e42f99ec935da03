"""SAQ's queue in Redis, with this worker's time limits and its own handling of jobs of killed workers."""

from typing import Any

from redis.asyncio import Redis
from saq import Job, Status
from saq.queue.redis import RedisQueue

from app.workers.heartbeat import HEARTBEAT_SECONDS, JOB_SECONDS

# Runs atomically and only if the job is still lost: after Redis was flushed, a new job with the same key may arrive at
# any time. A partial run would leave a key that belongs to no worker and blocks all later jobs with that key.
FORGET_LOST_JOB = """
    if redis.call('EXISTS', KEYS[1]) == 0 then
        redis.call('ZREM', KEYS[2], KEYS[1])
        redis.call('LREM', KEYS[3], 0, KEYS[1])
    end
"""


class BookingQueue(RedisQueue):
    """A queue that aborts the jobs of killed workers without a pause, and never aborts a job that was just dequeued.

    SAQ's own queue waits 5 s for each job of a killed worker, in sequence. It also aborts a running job that a worker
    has dequeued but not yet marked as active: https://github.com/tobymao/saq/issues/277.
    """

    def __init__(self, redis: Redis, *, name: str) -> None:
        super().__init__(redis, name=name)
        self._forget = redis.register_script(FORGET_LOST_JOB)
        # keys and queueing times of the jobs that were not marked as active at this worker's last sweep
        self._unmarked: set[tuple[str, int]] = set()

    async def enqueue(self, job_or_func: str | Job, **kwargs: Any) -> Job | None:
        """Enqueue a job that sends heartbeats (`with_heartbeat`) and may run for `JOB_SECONDS`, or for its `timeout`.

        Return None if a job with its key waits or runs.
        """
        return await super().enqueue(job_or_func, **{"timeout": JOB_SECONDS, "heartbeat": HEARTBEAT_SECONDS, **kwargs})

    async def sweep(self, lock: int = 60, abort: float = 5.0) -> list[str]:
        """Abort the jobs without heartbeats, and those that were not marked as active at two sweeps in a row.

        One worker sweeps every `lock` seconds. `abort` is SAQ's waiting time and is not used.
        """
        del abort
        if not await self.redis.set(self._sweep, 1, ex=lock, nx=True):
            return []
        jobs = [job for job_id in await self.redis.lrange(self._active, 0, -1) if (job := await self._read(job_id))]
        unmarked = {(job.key, job.queued) for job in jobs if job.status != Status.ACTIVE}
        dead = [job for job in jobs if job.stuck or (job.key, job.queued) in unmarked & self._unmarked]
        self._unmarked = unmarked
        for job in dead:
            await self.finish(job, Status.ABORTED, error=self.swept_error_message)
        return [job.key for job in dead]

    async def _read(self, job_id: bytes | str) -> Job | None:
        """Return a job. If Redis has lost it (for example with full memory), release its key and return None."""
        job = self.deserialize(await self.redis.get(job_id))
        if job is None:
            await self._forget(keys=[job_id, self._incomplete, self._active])
        return job
