"""The periodic jobs: time-dependent changes, due mails without a notification, and the deletion of old data."""

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
    """Sweep the doctors with due changes, then dispatch due mails and payments."""
    with context["database"].suppress_errors():
        await _sweep_doctors(context)
    with context["database"].suppress_errors():
        await SweepRepository(context["engine"]).queue_scheduled_notifications(MAILS_PER_SWEEP)
    await dispatch_notifications(context)
    await dispatch_payments(context)


async def sweep_refresh_tokens(context: WorkerContext) -> None:
    """Delete refresh tokens that can no longer be used."""
    with context["database"].suppress_errors():
        await SweepRepository(context["engine"]).sweep_refresh_tokens()


async def purge(context: WorkerContext) -> None:
    """Delete personal data past its retention (docs/privacy.md), in batches of one transaction each."""
    with context["database"].suppress_errors():
        repository = SweepRepository(context["engine"])
        while rows := await repository.purge():
            log.info("personal_data_purged", rows=rows)


async def sweep_receipts(context: WorkerContext) -> None:
    """Delete receipts of Idempotency-Keys that are older than 24 hours."""
    with context["database"].suppress_errors():
        await SweepRepository(context["engine"]).sweep_receipts()


async def _sweep_doctors(context: WorkerContext) -> None:
    repository = SweepRepository(context["engine"])
    for doctor_id in await repository.doctors(DOCTORS_PER_SWEEP):
        try:
            await repository.sweep(doctor_id)
        except asyncpg.PostgresError as error:
            # An error with one doctor must not block the others. The next sweep retries.
            log.warning("doctor_not_swept", doctor=doctor_id, error=error_name(error))
