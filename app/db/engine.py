"""How this service connects to PostgreSQL: through asyncpg, which reads the URL itself, as libpq would."""

from pathlib import Path
from typing import Any

import asyncpg
from advanced_alchemy.extensions.litestar import (
    AlembicAsyncConfig,
    AsyncSessionConfig,
    EngineConfig,
    SQLAlchemyAsyncConfig,
)
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

MIGRATIONS = Path(__file__).parent / "migrations"


def create_engine(url: str, *, application_name: str, pool_size: int = 10) -> AsyncEngine:
    """Make an engine for `url`, a postgresql:// URL; it connects on first use.

    A statement may run for 10 s and wait 5 s for a lock: then the request it serves has no reader any more.
    """

    async def connect(**_: Any) -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(
            url,
            timeout=5,
            server_settings={
                "application_name": application_name,
                "timezone": "UTC",
                "statement_timeout": "10s",
                "lock_timeout": "5s",
            },
        )

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,  # an error's text may end up where nobody's data belongs
        pool_timeout=30,  # a burst for one doctor queues here; to be answered late beats being turned away
    )
    event.listen(engine.sync_engine, "checkout", _refuse_dead_connection)
    return engine


def _refuse_dead_connection(connection: Any, *_: object) -> None:
    # asyncpg knows that the server hung up, so no round trip is spent on asking; the pool then tries another.
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def database_config(url: str, *, application_name: str) -> SQLAlchemyAsyncConfig:
    """Return advanced-alchemy's configuration: a session per request, and where the migrations are."""
    return SQLAlchemyAsyncConfig(
        engine_instance=create_engine(url, application_name=application_name),
        set_default_exception_handler=False,  # it takes every database error for a conflict
        session_config=AsyncSessionConfig(expire_on_commit=False),
        engine_config=EngineConfig(),
        alembic_config=AlembicAsyncConfig(script_location=str(MIGRATIONS), version_table_name="alembic_version"),
    )
