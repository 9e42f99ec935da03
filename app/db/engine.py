"""How this service connects to PostgreSQL: through asyncpg, which reads the URL itself, as libpq would."""

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
    """Make an engine for `url`, a postgresql:// URL; it connects on first use, and then within 5 s or not at all.

    A statement may run for 10 s and wait 5 s for a lock: then the request it serves has no reader any more.
    At most `pool_seconds` are spent on waiting for one of `pool_size` connections: to be late beats being turned away.
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
                    "idle_in_transaction_session_timeout": "12s",  # who hangs with locks in hand loses them
                    "jit": "off",  # compiling a statement of ours takes longer than running it
                    "client_connection_check_interval": "1s",  # nobody waits for what a lost client has asked for
                },
            )
        except (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError) as error:
            raise NotConnectedError(error) from error

    engine = create_async_engine(
        "postgresql+asyncpg://",
        connect_args={
            "async_creator_fn": lambda: _LazyAwaitable(connect),
            # A statement prepared before a change of the schema fails, and with it the session's transaction, which
            # nobody repeats. So sessions prepare each statement when they run it; hot calls do without sessions.
            "prepared_statement_cache_size": 0,
        },
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,  # an error's text may end up where nobody's data belongs
        pool_timeout=pool_seconds,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_dead_connection)
    event.listen(engine.sync_engine, "close", _terminate)
    return engine


class _LazyAwaitable:
    """What begins when it is awaited; unlike a coroutine it may as well be let go, as by who cannot wait."""

    def __init__(self, begin: Callable[[], Awaitable[Any]]) -> None:
        self._begin = begin

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._begin().__await__()


def _refuse_dead_connection(connection: Any, *_: object) -> None:
    # asyncpg knows that the server hung up, so no round trip is spent on asking; the pool then connects anew.
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _terminate(connection: Any, *_: object) -> None:
    # Closing waits for the server to hang up; while that hangs, a process that is told to stop would not.
    connection.driver_connection.terminate()


def on_connection_returned(engine: AsyncEngine, callback: Callable[[], None]) -> None:
    """Call `tell` whenever a connection has been used and lives: then the server is there."""

    def call_if_alive(connection: Any, *_: object) -> None:
        if connection is not None and not connection.driver_connection.is_closed():
            callback()

    event.listen(engine.sync_engine, "checkin", call_if_alive)


class _RequestSession(AsyncSession):
    """The session of a request, closed as its answer begins."""

    async def close(self) -> None:
        # The answer stands: what it tells of is committed, and a lost connection leaves the pool.
        with contextlib.suppress(SQLAlchemyError, OSError):
            async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
                await super().close()


def database_config(url: str, *, application_name: str, pool_seconds: float = 30) -> SQLAlchemyAsyncConfig:
    """Return advanced-alchemy's configuration: a session per request, and where the migrations are."""
    return SQLAlchemyAsyncConfig(
        engine_instance=create_engine(url, application_name=application_name, pool_seconds=pool_seconds),
        set_default_exception_handler=False,  # it takes every database error for a conflict
        session_config=AsyncSessionConfig(class_=_RequestSession, expire_on_commit=False),
        engine_config=EngineConfig(),
        alembic_config=AlembicAsyncConfig(script_location=str(MIGRATIONS), version_table_name="alembic_version"),
    )


def engine_of(request: Request[Any, Any, Any]) -> AsyncEngine:
    """Return the engine that a request's repositories have."""
    (config,) = request.app.plugins.get(SQLAlchemyPlugin).config
    assert isinstance(config, SQLAlchemyAsyncConfig)  # noqa: S101  the one that was made here
    return config.get_engine()
