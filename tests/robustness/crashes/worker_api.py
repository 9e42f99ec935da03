"""The worker's jobs as an HTTP API, so that a test decides when each runs and where it ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from litestar import Litestar, post
from litestar.datastructures import State
from litestar.params import FromPath

from app.settings import Settings
from app.workers.context import WorkerContext
from app.workers.payments import reconcile, settle
from app.workers.sweep_repository import SweepRepository
from tests.support.paypal.worker_jobs import worker_context


def create_jobs(settings: Settings) -> Litestar:
    """Return the API. An error that a worker would survive is answered with its traceback."""

    @asynccontextmanager
    async def working(app: Litestar) -> AsyncIterator[None]:
        async with worker_context(settings) as app.state.context:
            yield

    jobs = [_settle, _reconcile, _sweep]
    return Litestar(jobs, lifespan=[working], debug=True, openapi_config=None, logging_config=None)


@post("/settle/{payment_id:int}", status_code=204)
async def _settle(state: State, payment_id: FromPath[int]) -> None:
    await settle(_context(state), payment_id=payment_id)


@post("/reconcile", status_code=204)
async def _reconcile(state: State) -> None:
    await reconcile(_context(state))


@post("/sweep/{doctor_id:int}", status_code=204)
async def _sweep(state: State, doctor_id: FromPath[int]) -> None:
    await SweepRepository(_context(state)["engine"]).sweep(doctor_id)


def _context(state: State) -> WorkerContext:
    return cast(WorkerContext, state.context)
