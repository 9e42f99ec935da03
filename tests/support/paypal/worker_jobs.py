"""The worker's jobs about payments, done by the test itself: where there is no worker, nothing happens in between."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import cast

from app.db.engine import create_engine
from app.domain.payments.gateway import PayPalGateway
from app.outage_log import OutageLog
from app.settings import Settings
from app.workers import payments
from app.workers.context import WorkerContext
from tests.support.paypal.payment_client import BegunPayment


class _NoOutage(OutageLog):
    """Lets a job fail as it fails."""

    @contextmanager
    def suppress_errors(self) -> Iterator[None]:
        yield


class Jobs:
    """What a worker would do, were it asked to."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context

    async def settle(self, begun: BegunPayment) -> None:
        """See to a payment and its refunds, as far as they are due."""
        await self.settle_payment(begun.payment)

    async def settle_payment(self, payment_id: int) -> None:
        await payments.settle(self._context, payment_id=payment_id)

    async def reconcile(self) -> None:
        """Look for money that was captured for nothing."""
        await payments.reconcile(self._context)


@asynccontextmanager
async def worker_context(settings: Settings) -> AsyncIterator[WorkerContext]:
    """Yield what a worker with these settings gives its jobs about payments."""
    engine = create_engine(settings.database_url, application_name="booking-worker")
    async with PayPalGateway(settings) as paypal_gateway:
        context = {
            "settings": settings,
            "engine": engine,
            "database": _NoOutage("postgresql"),
            "paypal_gateway": paypal_gateway,
        }
        yield cast(WorkerContext, context)
    await engine.dispose()


@asynccontextmanager
async def jobs(settings: Settings) -> AsyncIterator[Jobs]:
    async with worker_context(settings) as context:
        yield Jobs(context)
