"""Fixtures of the database tests."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from tests.databases import Database

pytest.register_assert_rewrite("tests.db.model_story")  # so that it says in which row the two sides differ


@pytest_asyncio.fixture
async def root(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A superuser, for what only time can do."""
    connection = await asyncpg.connect(database.superuser)
    yield connection
    await connection.close()
