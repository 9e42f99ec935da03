"""Every answer that a test of the API gets is held against the API's own description."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import asyncpg
import httpx
import pytest_asyncio

from app.sandbox.paypal.server import PayPalStandIn
from app.settings import Settings
from tests.support.http.openapi_contract import Contract
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.payment_client import PaymentClient
from tests.support.paypal.worker_jobs import Jobs, jobs
from tests.support.servers.databases import Database


@pytest_asyncio.fixture(scope="module")
async def contract(api_url: str) -> Contract:
    """What the running API says of itself."""
    async with httpx.AsyncClient(base_url=api_url) as client:
        return Contract((await client.get("/docs/openapi.json")).json())


@pytest_asyncio.fixture
async def client(api_url: str, contract: Contract) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the running API. An answer that is not as documented fails the test."""
    async with checked_client(api_url, contract) as client:
        yield client


@pytest_asyncio.fixture
async def clients(api_url: str, contract: Contract) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Sixteen clients, each with connections of its own."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(checked_client(api_url, contract)) for _ in range(16)]


def checked_client(api_url: str, contract: Contract) -> httpx.AsyncClient:
    """Return a client whose answers are held against the contract."""
    hooks = {"response": [contract.check]}
    # it speaks no TLS, so it need not spend a tenth of a second on reading certificates
    return httpx.AsyncClient(base_url=api_url, timeout=300, event_hooks=hooks, verify=False)  # noqa: S501  as said


@pytest_asyncio.fixture
async def fake_paypal(stand_in: PayPalStandIn) -> AsyncIterator[FakePayPal]:
    """The PayPal stand-in in the test's hands."""
    async with FakePayPal(stand_in.url) as fake_paypal:
        yield fake_paypal
        await fake_paypal.clear_faults()


@pytest_asyncio.fixture
async def payment_client(
    client: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, fake_paypal: FakePayPal
) -> PaymentClient:
    """Patients who pay."""
    return PaymentClient(client, owner, database, fake_paypal)


@pytest_asyncio.fixture(scope="module")
async def worker(settings: Settings) -> AsyncIterator[Jobs]:
    """The worker's jobs; none runs but those that a test runs."""
    async with jobs(settings) as worker:
        yield worker
