"""Every answer that a test of the API gets is held against the API's own description."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from tests.api.contract import Contract


@pytest_asyncio.fixture(scope="module")
async def contract(api_url: str) -> Contract:
    """What the running API says of itself."""
    async with httpx.AsyncClient(base_url=api_url) as client:
        return Contract((await client.get("/docs/openapi.json")).json())


@pytest_asyncio.fixture
async def client(api_url: str, contract: Contract) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the running API. An answer that is not as documented fails the test."""
    limits = httpx.Limits(max_connections=64)
    hooks = {"response": [contract.check]}
    async with httpx.AsyncClient(base_url=api_url, timeout=60, limits=limits, event_hooks=hooks) as client:
        yield client
