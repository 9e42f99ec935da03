"""Fixtures of all tests: servers for each run, a fresh database for each module, connections for each test.

The mutation test sets two variables for the tests that it runs: BOOKING_TEST_TEMPLATE names the template database,
and BOOKING_TEST_MUTATION is a statement that removes a rule from each clone of it.
"""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx
import hypothesis
import pytest
import pytest_asyncio
from asyncpg import Connection

from app.main import create_app
from app.sandbox.paypal.server import PayPalStandIn
from app.settings import Settings
from tests.support.servers.backends import postgres_server, redis_server
from tests.support.servers.databases import Connections, Database, cloned, execute, make_template
from tests.support.servers.http_server import serving

collect_ignore = ["system"]  # needs foreign programs; `./task test:system` names the folder, which collects it
UNLIMITED: dict[str, Any] = dict.fromkeys(
    ("rate_limit", "rate_limit_login", "rate_limit_login_address", "rate_limit_register"), "1000000/second"
)
FIRST_FOLDER = "unit"  # its results come within seconds
WAITING_FOLDERS = ("workers", "crashes", "chaos", "contract", "e2e", "sandbox")  # folders
LONGEST_FILES = (
    "test_mutation",
    "test_schemathesis",
    "test_killed_processes",
    "test_interleaving",
    "test_database_outage",
    "test_up",
    "test_worked_examples",
    "test_waitlist_rush",
    "test_chaos",
    "test_model",
)
hypothesis.settings.register_profile("patient", deadline=None)  # a busy machine must not fail an example
hypothesis.settings.load_profile("patient")
SECRET = "a secret for the tests, of more than 32 characters"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run more tests at once than there are cores, because most of them wait for other processes.

    A selection needs fewer: each process imports and collects everything, and has servers of its own.
    """
    cores = os.cpu_count() or 1
    return cores if config.option.keyword or config.args_source is pytest.Config.ArgsSource.ARGS else 1 + 2 * cores


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the unit tests first, for early results, then the longest files, then the others.

    Among the others, files that mostly wait alternate with files that do not, so that the cores always have work. The longest
    come early, so that in the end no process is alone with one of them.
    """
    files = list(dict.fromkeys(item.path for item in items))
    waiting = [file for file in files if file.parent.name in WAITING_FOLDERS]
    busy = [file for file in files if file.parent.name not in WAITING_FOLDERS]
    place = {file: 0.8 * n / len(waiting) for n, file in enumerate(waiting)}
    place |= {file: n / len(busy) for n, file in enumerate(busy)}
    place |= {file: LONGEST_FILES.index(file.stem) - 100 for file in files if file.stem in LONGEST_FILES}
    place |= {file: -200 for file in files if file.parent.name == FIRST_FOLDER}
    items.sort(key=lambda item: place[item.path])


def pytest_collection_finish() -> None:
    """Exclude imported modules and collected tests from garbage collection, because scanning them is slow."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """After failures, say how to run only them again."""
    if terminalreporter.stats.get("failed") or terminalreporter.stats.get("error"):
        terminalreporter.write_line("Run the failed tests again: ./task test -- --last-failed")


@pytest_asyncio.fixture(scope="session")
async def superuser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The URL of a superuser of the PostgreSQL server of this run."""
    async with postgres_server(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest_asyncio.fixture(scope="session")
async def template(superuser: str) -> AsyncIterator[str]:
    """The name of the migrated database that the others are clones of."""
    if given := os.environ.get("BOOKING_TEST_TEMPLATE"):
        yield given
        return
    name = await make_template(superuser)
    yield name
    await execute(superuser, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture(scope="session")
async def redis_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The URL of the Redis server of this run."""
    async with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest_asyncio.fixture(scope="module")
async def database(superuser: str, template: str) -> AsyncIterator[Database]:
    """A fresh migrated database."""
    async with cloned(superuser, template) as database:
        if mutation := os.environ.get("BOOKING_TEST_MUTATION"):
            await execute(database.superuser, mutation)
        yield database


@pytest_asyncio.fixture(scope="session")
async def connections() -> AsyncIterator[Connections]:
    """The connections that tests reuse."""
    connections = Connections()
    yield connections
    await connections.close()


@pytest_asyncio.fixture
async def owner(database: Database, connections: Connections) -> AsyncIterator[Connection]:
    """A connection as booking_owner, which the rules bind as well."""
    async with connections.one(database.owner) as connection:
        yield connection


@pytest_asyncio.fixture
async def app(database: Database, connections: Connections) -> AsyncIterator[Connection]:
    """A connection as booking_app, the role of the API and the worker."""
    async with connections.one(database.app) as connection:
        yield connection


@pytest_asyncio.fixture
async def admin(database: Database, connections: Connections) -> AsyncIterator[Connection]:
    """A connection as booking_admin, the role of admins at psql."""
    async with connections.one(database.admin) as connection:
        yield connection


@pytest.fixture
def run_async(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Return a function that runs a coroutine on the connections' event loop, for Hypothesis' synchronous tests."""
    runner: asyncio.Runner = request.getfixturevalue("_session_scoped_runner")
    return runner.run


@pytest.fixture(scope="session")
def secret() -> str:
    """The secret key that signs tokens."""
    return SECRET


@pytest_asyncio.fixture(scope="session")
async def stand_in(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PayPalStandIn]:
    """The PayPal stand-in of this run."""
    paypal = PayPalStandIn(tmp_path_factory.mktemp("paypal"), webhook_pause=0.05)
    await paypal.start()
    yield paypal
    await paypal.stop()


@pytest.fixture(scope="module")
def settings(database: Database, redis_url: str, stand_in: PayPalStandIn) -> Settings:
    """The settings of the API and the worker."""
    return Settings(
        secret_key=SECRET,
        database_url=database.app,
        redis_url=redis_url,
        paypal_base_url=stand_in.url,
        paypal_client_id=stand_in.client_id,
        paypal_client_secret=stand_in.client_secret,
        paypal_webhook_id=stand_in.webhook_id,
        paypal_certificates=str(stand_in.signer.certificates),
        request_seconds=300,  # 200 concurrent requests on a busy machine take long
        **UNLIMITED,
    )


@pytest_asyncio.fixture(scope="module")
async def api_url(settings: Settings, stand_in: PayPalStandIn) -> AsyncIterator[str]:
    """The URL of a running API."""
    async with serving(create_app(settings)) as url:
        stand_in.send_webhooks_to(f"{url}/api/payments/webhooks/paypal/")
        yield url


@pytest_asyncio.fixture
async def client(api_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the running API."""
    limits = httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(base_url=api_url, timeout=300, limits=limits) as client:
        yield client
