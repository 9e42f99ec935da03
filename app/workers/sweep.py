"""Every few seconds: what no request announces, and whatever mail nobody rang for."""

import asyncpg
import structlog

from app.outage_log import error_name
from app.workers.context import WorkerContext
from app.workers.notifications import dispatch_notifications
from app.workers.payments import dispatch_payments
from app.workers.sweep_repository import SweepRepository

log = structlog.get_logger()

DOCTORS_PER_SWEEP = 500
MAILS_PER_SWEEP = 1000


async def sweep(context: WorkerContext) -> None:
    """Sweep the doctors whom the clock has changed something for, then see to mails and payments that are due."""
    with context["database"].suppress_errors():
        await _sweep_doctors(context)
    with context["database"].suppress_errors():
        await SweepRepository(context["engine"]).queue_scheduled_notifications(MAILS_PER_SWEEP)
    await dispatch_notifications(context)
    await dispatch_payments(context)


async def sweep_refresh_tokens(context: WorkerContext) -> None:
    """Forget refresh tokens that nobody could use any more."""
    with context["database"].suppress_errors():
        await SweepRepository(context["engine"]).sweep_refresh_tokens()


async def purge(context: WorkerContext) -> None:
    """Forget personal data that serves no more (docs/privacy.md), a part in each transaction, until none is left."""
    with context["database"].suppress_errors():
        repository = SweepRepository(context["engine"])
        while rows := await repository.purge():
            log.info("personal_data_purged", rows=rows)


async def sweep_receipts(context: WorkerContext) -> None:
    """Forget what was done under Idempotency-Keys more than 24 hours ago."""
    with context["database"].suppress_errors():
        await SweepRepository(context["engine"]).sweep_receipts()


async def _sweep_doctors(context: WorkerContext) -> None:
    repository = SweepRepository(context["engine"])
    for doctor_id in await repository.doctors(DOCTORS_PER_SWEEP):
        try:
            await repository.sweep(doctor_id)
        except asyncpg.PostgresError as error:
            # One doctor's trouble must not keep the others waiting; the next sweep tries again.
            log.warning("doctor_not_swept", doctor=doctor_id, error=error_name(error))
