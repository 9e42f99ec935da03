"""Fixtures of the schema tests."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.support.servers.databases import Database, cloned


@pytest_asyncio.fixture
async def fresh(superuser: str, template: str) -> AsyncIterator[Database]:
    """A migrated database of this test alone."""
    async with cloned(superuser, template) as database:
        yield database
