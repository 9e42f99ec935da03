"""Fixtures of the tests of the driver."""

from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.engine import create_engine
from tests.support.servers.databases import Database


@pytest_asyncio.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    """An engine with one connection, as booking_app."""
    engine = create_engine(database.app, application_name="test", pool_size=1)
    yield engine
    await engine.dispose()
