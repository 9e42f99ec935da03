"""A database, a PayPal and processes for each module."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from app.sandbox.paypal.server import PayPalStandIn
from app.settings import Settings
from tests.robustness.crashes import steps
from tests.robustness.crashes.clinic import Harness
from tests.robustness.crashes.processes import Processes
from tests.robustness.crashes.webhook_queue import WebhookQueue
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.servers.databases import Database


@pytest.fixture(scope="module")
def batch() -> int:
    """A module may override it with several batches. Each has a PayPal of its own, whose ledger then stays short."""
    return 0


@pytest_asyncio.fixture(scope="module")
async def stand_in(batch: int, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PayPalStandIn]:
    del batch
    paypal = PayPalStandIn(tmp_path_factory.mktemp("paypal"), webhook_pause=0.05)
    await paypal.start()
    yield paypal
    await paypal.stop()


@pytest_asyncio.fixture(scope="module")
async def harness(
    settings: Settings, stand_in: PayPalStandIn, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Harness]:
    db = await asyncpg.connect(database.superuser)
    async with (
        Processes(settings, tmp_path_factory.mktemp("processes") / "log") as processes,
        FakePayPal(stand_in.url) as fake_paypal,
        WebhookQueue(stand_in, fake_paypal) as webhook_queue,
    ):
        yield Harness(processes, fake_paypal, webhook_queue, db)
        steps.tally.update(processes.tally)
    await db.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in steps.lines() if steps.SOAK else []:
        terminalreporter.write_line(line)
