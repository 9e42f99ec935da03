"""For each test: a database, an empty queue, a mailbox, and workers to start."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from app.sandbox.mailbox import Mailbox
from tests.conftest import SECRET
from tests.databases import Database, cloned
from tests.workers.processes import WorkerProcess

StartWorker = Callable[..., WorkerProcess]


@pytest_asyncio.fixture
async def database(superuser: str, template: str) -> AsyncIterator[Database]:
    """A fresh migrated database: a worker sends whatever it finds in the outbox, so tests cannot share one."""
    async with cloned(superuser, template) as database:
        yield database


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of a Redis in which nothing is left of earlier workers."""
    async with Redis.from_url(redis_url) as client:
        if keys := await client.keys("saq:*"):
            await client.delete(*keys)
        yield client


@pytest_asyncio.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """An empty mailbox."""
    box = Mailbox()
    await box.start()
    yield box
    await box.stop()


@pytest.fixture
def environment(database: Database, redis: Redis, redis_url: str, mailbox: Mailbox) -> dict[str, str]:
    """The settings of a worker."""
    del redis  # what is in it has to go before a worker starts
    return {
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "localhost",
        "DATABASE_URL": database.app,
        "REDIS_URL": redis_url,
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mailbox.smtp_port),
        "DEFAULT_FROM_EMAIL": "Appointments <appointments@clinic.example>",
    }


@pytest_asyncio.fixture
async def make_worker(environment: dict[str, str], tmp_path: Path) -> AsyncIterator[StartWorker]:
    """Make workers, whose settings may be changed by keyword; they do not outlive the test."""
    made: list[WorkerProcess] = []

    def make(**changes: str) -> WorkerProcess:
        made.append(WorkerProcess({**environment, **changes}, tmp_path / f"worker{len(made)}.log"))
        return made[-1]

    yield make
    for worker in made:
        await worker.kill()
