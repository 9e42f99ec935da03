"""Fixtures: a PayPal stand-in for each module, clients of it, and a fake internet."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app.domain.payments.paypal import certificates
from app.domain.payments.paypal.call import Timeouts
from app.domain.payments.paypal.client import PayPal
from app.sandbox.paypal.server import PayPalStandIn
from tests.support.paypal import openapi_documents
from tests.support.paypal.fake_internet import FakeInternet, running_internet
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.raw_calls import logged_in

QUICK = Timeouts(pause=0.02, total=30)

Connect = Callable[..., PayPal]


@pytest_asyncio.fixture(scope="module")
async def stand_in(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PayPalStandIn]:
    paypal = PayPalStandIn(tmp_path_factory.mktemp("paypal"), webhook_pause=0.05)
    await paypal.start()
    yield paypal
    await paypal.stop()


@pytest_asyncio.fixture
async def fake_paypal(stand_in: PayPalStandIn) -> AsyncIterator[FakePayPal]:
    """Controls the stand-in."""
    async with FakePayPal(stand_in.url) as fake_paypal:
        yield fake_paypal
        await fake_paypal.clear_faults()


@pytest_asyncio.fixture
async def raw(stand_in: PayPalStandIn) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client with an access token, for calls that our client does not make."""
    async with logged_in(stand_in) as http:
        yield http


@pytest.fixture
def requests() -> list[httpx.Request]:
    """The requests sent by the clients that `connect` has made."""
    return []


@pytest_asyncio.fixture
async def connect(stand_in: PayPalStandIn, requests: list[httpx.Request]) -> AsyncIterator[Connect]:
    """Makes clients. With `check_documents`, a client checks each request and answer against PayPal's documents."""
    async with AsyncExitStack() as closing:

        async def note(request: httpx.Request) -> None:
            requests.append(request)

        def connect(
            url: str = stand_in.url,
            secret: str = stand_in.client_secret,
            *,
            timeouts: Timeouts = QUICK,
            check_documents: bool = True,
        ) -> PayPal:
            hooks: dict[str, list[Callable[..., Any]]] = {
                "request": [note],
                "response": [openapi_documents.check] if check_documents else [],
            }
            http = httpx.AsyncClient(trust_env=False, event_hooks=hooks)
            client = PayPal(url, stand_in.client_id, secret, timeouts=timeouts, http=http)
            closing.push_async_callback(client.aclose)
            return client

        yield connect


@pytest.fixture
def paypal(connect: Connect) -> PayPal:
    """A client that checks each request and answer against PayPal's documents."""
    return connect()


@pytest_asyncio.fixture
async def internet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeInternet]:
    """A fake internet, with a client that can reach nothing else."""
    monkeypatch.setattr(
        certificates, "FETCH_TIMEOUT_SECONDS", 60
    )  # so that a busy machine is not taken for a slow PayPal
    async with running_internet(tmp_path) as internet:
        yield internet
