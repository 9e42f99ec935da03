"""SAQ's queue in Redis, but for how long a job may last, and how those of a killed worker are given up."""

from typing import Any

from redis.asyncio import Redis
from saq import Job, Status
from saq.queue.redis import RedisQueue

from app.workers.heartbeat import HEARTBEAT_SECONDS, JOB_SECONDS

# In one step, and only if it is lost still: after Redis was flushed, a job of the same key may come at any moment. Half
# done, this would leave a key that no worker has, and that no other job could ever have again.
FORGET_LOST_JOB = """
    if redis.call('EXISTS', KEYS[1]) == 0 then
        redis.call('ZREM', KEYS[2], KEYS[1])
        redis.call('LREM', KEYS[3], 0, KEYS[1])
    end
"""


class BookingQueue(RedisQueue):
    """A queue that waits for nobody, and takes no job for left behind that has only just been taken.

    SAQ's spends 5 s on each job of a killed worker, one after the other; and while a worker has taken a job but not yet
    marked it, it has the job stopped in the midst of its work: https://github.com/tobymao/saq/issues/277.
    """

    def __init__(self, redis: Redis, *, name: str) -> None:
        super().__init__(redis, name=name)
        self._forget = redis.register_script(FORGET_LOST_JOB)
        # the jobs that this worker's last sweep found not to be marked as begun: their keys, and when they were queued
        self._unmarked: set[tuple[str, int]] = set()

    async def enqueue(self, job_or_func: str | Job, **kwargs: Any) -> Job | None:
        """Enqueue a job that beats (`with_heartbeat`) and has `JOB_SECONDS` for all of it, or its `timeout`.

        Return None if a job of its key waits or runs.
        """
        return await super().enqueue(job_or_func, **{"timeout": JOB_SECONDS, "heartbeat": HEARTBEAT_SECONDS, **kwargs})

    async def sweep(self, lock: int = 60, abort: float = 5.0) -> list[str]:
        """Give up the jobs whose hearts beat no more, and those that were unmarked at the last sweep already.

        One of all workers sweeps, every `lock` seconds. `abort` is SAQ's, for how long it would wait.
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
        """Return a job; one that Redis has lost, as it does when its memory is full, keeps its key from no other."""
        job = self.deserialize(await self.redis.get(job_id))
        if job is None:
            await self._forget(keys=[job_id, self._incomplete, self._active])
        return job
