"""A job shows that it lives: one whose worker was killed is given up soon, and no other before its end."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from saq import Job
from saq.utils import cancel_tasks

from app.workers.context import WorkerContext

P = ParamSpec("P")

BEAT_SECONDS = 5
HEARTBEAT_SECONDS = 20  # without a beat, and SAQ gives a job up (the timer `sweep` in main.py)
# No job should last so long, though it may have to wait several times for 12 s, for a PostgreSQL that says nothing.
JOB_SECONDS = 180


def with_heartbeat(
    work: Callable[Concatenate[WorkerContext, P], Awaitable[None]],
) -> Callable[Concatenate[WorkerContext, P], Awaitable[None]]:
    """Let a job's heart beat while it works."""

    @wraps(work)
    async def beat_and_work(context: WorkerContext, /, *args: P.args, **kwargs: P.kwargs) -> None:
        beats = asyncio.create_task(_beat(context["job"]))
        try:
            await work(context, *args, **kwargs)
        finally:
            await cancel_tasks([beats])  # before SAQ writes down how the job ended

    return beat_and_work


async def _beat(job: Job) -> None:
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        await job.update()
