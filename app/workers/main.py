"""Assembles the worker: its queue, jobs and schedule, and its start and stop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial

import structlog
from saq import CronJob, Worker
from saq.types import Function, PartialTimersDict
from saq.utils import cancel_tasks

from app.db.engine import create_engine
from app.domain.notifications.compose import sender_address
from app.domain.notifications.mail_server import MailConnectionPool
from app.domain.payments.gateway import PayPalGateway
from app.logs import capture_library_logs, configure_logs
from app.outage_log import OutageLog
from app.settings import Settings
from app.workers.context import WorkerContext
from app.workers.heartbeat import with_heartbeat
from app.workers.listener import Listener
from app.workers.notifications import deliver, dispatch_notifications
from app.workers.payments import reconcile, settle
from app.workers.queue import BookingQueue
from app.workers.retry import create_redis
from app.workers.sweep import purge, sweep, sweep_receipts, sweep_refresh_tokens

log = structlog.get_logger()

QUEUE = "booking"
FUNCTIONS: list[Function[WorkerContext]] = [with_heartbeat(deliver), with_heartbeat(settle)]
# The sixth field is seconds. Every second, SAQ adds the next run to Redis if it is missing: one run for all workers.
# The run of a killed worker blocks the next one until it is aborted.
CRON_JOBS = [
    CronJob(with_heartbeat(sweep), cron="* * * * * */5"),
    CronJob(with_heartbeat(reconcile), cron="*/5 * * * *"),
    CronJob(with_heartbeat(sweep_refresh_tokens), cron="17 * * * *"),
    CronJob(with_heartbeat(purge), cron="29 * * * *", timeout=300),
    CronJob(with_heartbeat(sweep_receipts), cron="47 * * * *"),
]
TIMERS: PartialTimersDict = {"schedule": 1, "worker_info": 10, "sweep": 5, "abort": 1}
CONCURRENCY = 10
STOP_SECONDS = 11  # a stopping job first finishes its current mail, within 10 s
# Shorter than the Redis client's timeout of 5 s, which would treat a longer wait as a dead server.
DEQUEUE_SECONDS = 1


class BookingWorker(Worker[WorkerContext]):
    """SAQ's worker, but on stop it lets running jobs finish instead of canceling them."""

    async def stop(self) -> None:
        """Take no more jobs, wait for the running ones, and stop."""
        self.event.set()
        jobs = [task for task in self.tasks if task.get_name() == "process"]
        if jobs:
            await asyncio.wait(jobs, timeout=DEQUEUE_SECONDS + 1)
        if self.job_task_contexts:  # otherwise the tasks only wait for Redis and are canceled below
            await asyncio.wait(jobs, timeout=STOP_SECONDS)
        await cancel_tasks(self.tasks)
        self.tasks.clear()
        await super().stop()


async def run_worker(settings: Settings) -> None:
    """Run the worker until SIGTERM or SIGINT. During outages it waits for PostgreSQL, Redis and the mail server."""
    configure_logs(debug=settings.debug)
    capture_library_logs()
    async with _worker(settings) as worker, _listening(settings, worker.context):
        await worker.start()
    log.info("worker_stopped")


async def _log_started(_: WorkerContext) -> None:
    log.info("worker_started", queue=QUEUE)  # from now on, signals stop the worker gracefully


@contextlib.asynccontextmanager
async def _worker(settings: Settings) -> AsyncIterator[BookingWorker]:
    redis = create_redis(settings.redis_url)
    engine = create_engine(
        settings.database_url,
        application_name="booking-worker",
        pool_size=CONCURRENCY + 1,  # one connection for each job, and one for dispatching after a notification
    )
    worker = BookingWorker(
        BookingQueue(redis, name=QUEUE),
        FUNCTIONS,
        cron_jobs=CRON_JOBS,
        startup=_log_started,
        timers=TIMERS,
        concurrency=CONCURRENCY,
        dequeue_timeout=DEQUEUE_SECONDS,
    )
    worker.context["settings"] = settings
    worker.context["sender"] = sender_address(settings.default_from_email)
    worker.context["mail_connections"] = MailConnectionPool(settings)
    worker.context["engine"] = engine
    worker.context["database"] = OutageLog("postgresql")
    try:
        async with PayPalGateway(settings) as worker.context["paypal_gateway"]:
            yield worker
    finally:
        await worker.context["mail_connections"].quit()
        await engine.dispose()
        await redis.aclose()


@contextlib.asynccontextmanager
async def _listening(settings: Settings, context: WorkerContext) -> AsyncIterator[None]:
    listener = Listener(settings.listen_database_url or settings.database_url, partial(dispatch_notifications, context))
    task = asyncio.create_task(listener.run())
    try:
        yield
    finally:
        await cancel_tasks([task])
