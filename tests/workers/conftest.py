"""Fixtures for each test: a database, an empty queue, a mailbox and workers."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from asyncpg import Connection
from httpx import AsyncClient
from redis.asyncio import Redis

from app.main import create_app
from app.sandbox.paypal.server import PayPalStandIn
from app.settings import read_settings
from tests.conftest import SECRET
from tests.support.mail.faulty_mailboxes import FaultyMailbox
from tests.support.mail.scenarios import MailScenario
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.payment_client import PaymentClient
from tests.support.servers.databases import Database, cloned
from tests.support.servers.http_server import serving
from tests.support.servers.worker_process import WorkerProcess

StartWorker = Callable[..., WorkerProcess]


@pytest_asyncio.fixture
async def database(superuser: str, template: str) -> AsyncIterator[Database]:
    """A fresh migrated database. A worker sends every mail of the outbox, so tests cannot share one."""
    async with cloned(superuser, template) as database:
        yield database


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of Redis, without the jobs of earlier workers."""
    async with Redis.from_url(redis_url) as client:
        if keys := await client.keys("saq:*"):
            await client.delete(*keys)
        yield client


@pytest_asyncio.fixture
async def mailbox() -> AsyncIterator[FaultyMailbox]:
    """An empty mailbox, without faults until a test sets some."""
    box = FaultyMailbox()
    await box.start()
    yield box
    box.accepting.set()
    await box.stop()


@pytest.fixture
def environment(database: Database, redis: Redis, redis_url: str, mailbox: FaultyMailbox) -> dict[str, str]:
    """The settings of a worker."""
    del redis  # the fixture empties it before a worker starts
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
    """Makes workers, with settings changed by keyword, and kills them after the test."""
    made: list[WorkerProcess] = []

    def make(**changes: str) -> WorkerProcess:
        made.append(WorkerProcess({**environment, **changes}, tmp_path / f"worker{len(made)}.log"))
        return made[-1]

    yield make
    for worker in made:
        await worker.kill()


@pytest.fixture
def scenario(owner: Connection, app: Connection, mailbox: FaultyMailbox, make_worker: StartWorker) -> MailScenario:
    """Makes mails due, and starts workers that send them."""
    return MailScenario(owner, app, mailbox, make_worker)


@pytest.fixture
def paypal(stand_in: PayPalStandIn) -> dict[str, str]:
    """The settings of a worker with a PayPal account."""
    return {
        "DEBUG": "true",  # the stand-in does not support TLS
        "PAYPAL_BASE_URL": stand_in.url,
        "PAYPAL_CLIENT_ID": stand_in.client_id,
        "PAYPAL_CLIENT_SECRET": stand_in.client_secret,
        "PAYPAL_WEBHOOK_ID": stand_in.webhook_id,
        "PAYPAL_CERTIFICATES": str(stand_in.signer.certificates),
    }


@pytest_asyncio.fixture
async def api(
    environment: dict[str, str], paypal: dict[str, str], stand_in: PayPalStandIn
) -> AsyncIterator[AsyncClient]:
    """A client of an API on the worker's database; the stand-in sends this API its webhooks."""
    settings = read_settings(environment | paypal | {"ALLOWED_HOSTS": "127.0.0.1"})
    async with serving(create_app(settings)) as url, AsyncClient(base_url=url, timeout=60) as client:
        stand_in.send_webhooks_to(f"{url}/api/payments/webhooks/paypal/")
        yield client


@pytest_asyncio.fixture
async def payment_client(
    api: AsyncClient, owner: Connection, database: Database, stand_in: PayPalStandIn
) -> AsyncIterator[PaymentClient]:
    async with FakePayPal(stand_in.url) as fake_paypal:
        yield PaymentClient(api, owner, database, fake_paypal)
        await fake_paypal.clear_faults()


@pytest_asyncio.fixture
async def payment_worker(scenario: MailScenario, paypal: dict[str, str]) -> AsyncIterator[WorkerProcess]:
    """A running worker with a PayPal account. It must not report an unavailable server."""
    worker = await scenario.start_worker(**paypal)
    yield worker
    assert worker.logged("server_unavailable") == []
