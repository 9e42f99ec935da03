"""Fixtures of the database tests."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from tests.support.servers.databases import Database


@pytest_asyncio.fixture
async def root(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A superuser, for what only time can do."""
    connection = await asyncpg.connect(database.superuser)
    yield connection
    await connection.close()
