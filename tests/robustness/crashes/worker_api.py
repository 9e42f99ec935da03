"""The worker's jobs as an HTTP API, so that a test decides when each runs and where it ends."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from litestar import Litestar, post
from litestar.datastructures import State
from litestar.params import FromPath

from app.settings import Settings
from app.workers.context import WorkerContext
from app.workers.payments import reconcile, settle
from app.workers.sweep_repository import SweepRepository
from tests.support.paypal.worker_jobs import worker_context

JOBS: dict[str, Callable[[WorkerContext, int], Awaitable[object]]] = {
    "settle": lambda context, payment: settle(context, payment_id=payment),
    "reconcile": lambda context, _: reconcile(context),
    "sweep": lambda context, doctor: SweepRepository(context["engine"]).sweep(doctor),
}


def create_jobs(settings: Settings) -> Litestar:
    """Return the API. An error that a worker would survive is answered with its traceback."""

    @asynccontextmanager
    async def working(app: Litestar) -> AsyncIterator[None]:
        async with worker_context(settings) as app.state.context:
            yield

    return Litestar([_run_job], lifespan=[working], debug=True, openapi_config=None, logging_config=None)


@post("/{job:str}/{subject:int}", status_code=204)
async def _run_job(state: State, job: FromPath[str], subject: FromPath[int]) -> None:
    await JOBS[job](state.context, subject)
