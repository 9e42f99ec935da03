"""Fixtures of the database tests."""

from collections.abc import AsyncIterator

import pytest_asyncio
from asyncpg import Connection

from tests.support.servers.databases import Database, connected


@pytest_asyncio.fixture
async def root(database: Database) -> AsyncIterator[Connection]:
    """A superuser's connection, which can move rows in time."""
    async with connected(database.superuser) as connection:
        yield connection
