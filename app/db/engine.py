"""The connections to PostgreSQL. asyncpg reads the URL itself, with libpq's rules."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import Any

import asyncpg
from advanced_alchemy.extensions.litestar import (
    AlembicAsyncConfig,
    AsyncSessionConfig,
    EngineConfig,
    SQLAlchemyAsyncConfig,
    SQLAlchemyPlugin,
)
from litestar import Request
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from app.db.errors import NotConnectedError

MIGRATIONS = Path(__file__).parent / "migrations"
CLOSE_TIMEOUT_SECONDS = 2


def create_engine(url: str, *, application_name: str, pool_size: int = 10, pool_seconds: float = 30) -> AsyncEngine:
    """Create an engine for `url`, a postgresql:// URL. It connects on first use, with a timeout of 5 s.

    PostgreSQL ends a statement after 10 s, or after 5 s of waiting for a lock. A request waits up to `pool_seconds` for
    one of `pool_size` connections.
    """

    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        try:
            return await asyncpg.connect(
                url,
                timeout=5,
                server_settings={
                    "application_name": application_name,
                    "timezone": "UTC",
                    "statement_timeout": "10s",
                    "lock_timeout": "5s",
                    "idle_in_transaction_session_timeout": "12s",  # releases the locks of a hung client
                    "jit": "off",  # compiling our statements takes longer than running them
                    "client_connection_check_interval": "1s",  # stops the statements of clients that are gone
                },
            )
        except (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError) as error:
            raise NotConnectedError(error) from error

    engine = create_async_engine(
        "postgresql+asyncpg://",
        connect_args={
            "async_creator_fn": lambda: _LazyAwaitable(connect),
            # A statement prepared before a schema change fails, and so does its transaction, which is not retried.
            # So sessions prepare each statement when they run it. Frequent calls do not use sessions.
            "prepared_statement_cache_size": 0,
        },
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,  # keeps personal data out of error texts, which may be logged
        pool_timeout=pool_seconds,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_dead_connection)
    event.listen(engine.sync_engine, "close", _terminate)
    return engine


class _LazyAwaitable:
    """An awaitable that starts when it is awaited. Unlike a coroutine, it may also never be awaited."""

    def __init__(self, begin: Callable[[], Awaitable[Any]]) -> None:
        self._begin = begin

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._begin().__await__()


def _refuse_dead_connection(connection: Any, *_: object) -> None:
    # asyncpg notices when the server closes a connection, so no round trip is needed. The pool then connects again.
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _terminate(connection: Any, *_: object) -> None:
    # A graceful close waits for the server. If the server hangs, the process could not stop.
    connection.driver_connection.terminate()


def on_connection_returned(engine: AsyncEngine, callback: Callable[[], None]) -> None:
    """Call `callback` whenever a working connection returns to the pool: the server is reachable."""

    def call_if_alive(connection: Any, *_: object) -> None:
        if connection is not None and not connection.driver_connection.is_closed():
            callback()

    event.listen(engine.sync_engine, "checkin", call_if_alive)


class _RequestSession(AsyncSession):
    """The session of a request, closed when the response begins."""

    async def close(self) -> None:
        # The response is valid, because its transaction is committed. A lost connection leaves the pool.
        with contextlib.suppress(SQLAlchemyError, OSError):
            async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
                await super().close()


def database_config(url: str, *, application_name: str, pool_seconds: float = 30) -> SQLAlchemyAsyncConfig:
    """Return advanced-alchemy's configuration: one session per request, and the folder of the migrations."""
    return SQLAlchemyAsyncConfig(
        engine_instance=create_engine(url, application_name=application_name, pool_seconds=pool_seconds),
        set_default_exception_handler=False,  # it answers every database error as a conflict
        session_config=AsyncSessionConfig(class_=_RequestSession, expire_on_commit=False),
        engine_config=EngineConfig(),
        alembic_config=AlembicAsyncConfig(script_location=str(MIGRATIONS), version_table_name="alembic_version"),
    )


def engine_of(request: Request[Any, Any, Any]) -> AsyncEngine:
    """Return the engine of a request's repositories."""
    (config,) = request.app.plugins.get(SQLAlchemyPlugin).config
    assert isinstance(config, SQLAlchemyAsyncConfig)  # noqa: S101  created by database_config()
    return config.get_engine()
