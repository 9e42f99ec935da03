"""Fixtures of the database tests."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio
from asyncpg import Connection

from tests.support.servers.databases import Database


@pytest_asyncio.fixture
async def root(database: Database) -> AsyncIterator[Connection]:
    """A superuser's connection, which can move rows in time."""
    connection = await asyncpg.connect(database.superuser)
    yield connection
    await connection.close()
