"""The API as a process of its own, for tests with other programs in front of it or behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from app.sandbox.stack.service import Api
from tests.support.servers.api_process import api_environment, running_api
from tests.support.servers.databases import Database


@pytest_asyncio.fixture
async def api(tmp_path: Path, database: Database, redis_url: str) -> AsyncIterator[Api]:
    async with running_api(tmp_path, api_environment(database, redis_url)) as api:
        yield api
