"""Clients of an API with its own settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from msgspec.structs import replace

from app.main import create_app
from app.settings import Settings
from tests.support.servers.http_server import serving


@asynccontextmanager
async def api_client(settings: Settings, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Run an API with these settings and changes to them; yield a client of it."""
    unlimited = httpx.Limits(max_connections=None)
    async with (
        serving(create_app(replace(settings, **changes))) as url,
        httpx.AsyncClient(base_url=url, timeout=300, limits=unlimited) as client,
    ):
        yield client
