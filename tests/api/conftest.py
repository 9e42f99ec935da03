"""Checks every response that a test of the API gets against the OpenAPI document."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import asyncpg
import pytest_asyncio
from asyncpg import Connection
from httpx import AsyncClient

from app.sandbox.paypal.server import PayPalStandIn
from app.settings import Settings
from tests.support.factories import a_slot, make_doctor, make_patient
from tests.support.http.bookings import booked
from tests.support.http.openapi_contract import Contract
from tests.support.http.registration import Person, register, tokens_of
from tests.support.http.valid_requests import ExampleData, make_example_data
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.payment_client import BegunPayment, Hold, PaymentClient
from tests.support.paypal.worker_jobs import Jobs, jobs
from tests.support.servers.databases import Database


@pytest_asyncio.fixture(scope="module")
async def contract(api_url: str) -> Contract:
    """The OpenAPI document of the running API."""
    async with AsyncClient(base_url=api_url) as client:
        return Contract((await client.get("/docs/openapi.json")).json())


@pytest_asyncio.fixture
async def client(api_url: str, contract: Contract) -> AsyncIterator[AsyncClient]:
    """An HTTP client of the running API. A response that is not as documented fails the test."""
    async with checked_client(api_url, contract) as client:
        yield client


@pytest_asyncio.fixture
async def clients(api_url: str, contract: Contract) -> AsyncIterator[list[AsyncClient]]:
    """Sixteen clients, each with its own connections."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(checked_client(api_url, contract)) for _ in range(16)]


def checked_client(api_url: str, contract: Contract) -> AsyncClient:
    """Return a client that checks its responses against the contract."""
    hooks = {"response": [contract.check]}
    # the API has no TLS here, and loading certificates takes a tenth of a second
    return AsyncClient(base_url=api_url, timeout=300, event_hooks=hooks, verify=False)  # noqa: S501


@pytest_asyncio.fixture
async def doctor(owner: Connection) -> int:
    """A doctor who works around the clock."""
    return await make_doctor(owner)


@pytest_asyncio.fixture
async def patient(owner: Connection) -> int:
    """A patient."""
    return await make_patient(owner)


@pytest_asyncio.fixture
async def appointment(client: AsyncClient, doctor: int, patient: int) -> int:
    """The hold of `patient` on the first slot of `doctor`."""
    return await booked(client, patient, doctor, a_slot())


@pytest_asyncio.fixture
async def person(client: AsyncClient) -> Person:
    """A patient who registered over HTTP, with a password and an email address to verify."""
    return await register(client)


@pytest_asyncio.fixture
async def tokens(client: AsyncClient, person: Person) -> dict[str, str]:
    """The tokens of a login of `person`."""
    return await tokens_of(client, person)


@pytest_asyncio.fixture(scope="module")
async def example_data(database: Database) -> ExampleData:
    """The people and bookings that example requests refer to."""
    owner = await asyncpg.connect(database.owner)
    try:
        return await make_example_data(owner)
    finally:
        await owner.close()


@pytest_asyncio.fixture
async def fake_paypal(stand_in: PayPalStandIn) -> AsyncIterator[FakePayPal]:
    """A client that controls the PayPal stand-in."""
    async with FakePayPal(stand_in.url) as fake_paypal:
        yield fake_paypal
        await fake_paypal.clear_faults()


@pytest_asyncio.fixture
async def payment_client(
    client: AsyncClient, owner: Connection, database: Database, fake_paypal: FakePayPal
) -> PaymentClient:
    """Patients who pay."""
    return PaymentClient(client, owner, database, fake_paypal)


@pytest_asyncio.fixture
async def hold(payment_client: PaymentClient) -> Hold:
    """A hold that waits for its payment of 100 dollars."""
    return await payment_client.hold()


@pytest_asyncio.fixture
async def begun(payment_client: PaymentClient, hold: Hold) -> BegunPayment:
    """A payment that has been begun for `hold`."""
    return await payment_client.begin(hold)


@pytest_asyncio.fixture
async def approved(payment_client: PaymentClient, hold: Hold) -> BegunPayment:
    """A payment for `hold` that the payer has approved at PayPal."""
    return await payment_client.approved(hold)


@pytest_asyncio.fixture
async def paid(payment_client: PaymentClient, hold: Hold) -> BegunPayment:
    """A payment for `hold` that was captured."""
    return await payment_client.paid(hold)


@pytest_asyncio.fixture(scope="module")
async def worker(settings: Settings) -> AsyncIterator[Jobs]:
    """The worker's jobs. They run only when a test runs them."""
    async with jobs(settings) as worker:
        yield worker
