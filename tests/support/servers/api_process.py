"""The API as a process of its own: `booking api`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.sandbox.stack.service import Api
from tests.conftest import SECRET
from tests.support.servers.databases import Database


def api_environment(database: Database, redis_url: str, **more: str) -> dict[str, str]:
    """Return the variables that `booking api` needs, and `more`."""
    return {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": database.app,
        "REDIS_URL": redis_url,
        **more,
    }


@asynccontextmanager
async def running_api(home: Path, environment: dict[str, str]) -> AsyncIterator[Api]:
    """Yield an API that serves, with its log in `home`. Stops it at the end."""
    api = Api(home)
    try:
        await api.start(environment)
        yield api
    finally:
        await api.child.stop()
