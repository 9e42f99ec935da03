"""Runs the worker's payment jobs inside a test, so that nothing happens between its steps."""

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
    """Lets the errors of a job through."""

    @contextmanager
    def suppress_errors(self) -> Iterator[None]:
        yield


class Jobs:
    """The payment jobs of a worker."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context

    async def settle(self, begun: BegunPayment) -> None:
        """Settle a payment and its refunds, if they are due."""
        await self.settle_payment(begun.payment)

    async def settle_payment(self, payment_id: int) -> None:
        await payments.settle(self._context, payment_id=payment_id)

    async def reconcile(self) -> None:
        """Reconcile our payments with PayPal's captures."""
        await payments.reconcile(self._context)


@asynccontextmanager
async def worker_context(settings: Settings) -> AsyncIterator[WorkerContext]:
    """Yield the context that a worker with these settings passes to its payment jobs."""
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
