"""Heartbeats of jobs: the jobs of a killed worker are aborted soon, and running jobs are not."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from saq import Job
from saq.utils import cancel_tasks

from app.workers.context import WorkerContext

P = ParamSpec("P")

BEAT_SECONDS = 5
HEARTBEAT_SECONDS = 20  # SAQ aborts a job without a beat for this long (the timer `sweep` in main.py)
# Longer than any job, although a job may wait several times for 12 s for a PostgreSQL that does not answer.
JOB_SECONDS = 180


def with_heartbeat(
    work: Callable[Concatenate[WorkerContext, P], Awaitable[None]],
) -> Callable[Concatenate[WorkerContext, P], Awaitable[None]]:
    """Wrap `work` so that the job sends heartbeats while it runs."""

    @wraps(work)
    async def beat_and_work(context: WorkerContext, /, *args: P.args, **kwargs: P.kwargs) -> None:
        beats = asyncio.create_task(_beat(context["job"]))
        try:
            await work(context, *args, **kwargs)
        finally:
            await cancel_tasks([beats])  # before SAQ records the job's result

    return beat_and_work


async def _beat(job: Job) -> None:
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        await job.update()
