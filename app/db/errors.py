"""Errors of the connection to PostgreSQL."""

import asyncpg
from sqlalchemy.exc import TimeoutError as PoolTimeoutError


class NotConnectedError(ConnectionError):
    """PostgreSQL took no connection, so nothing was asked of it; `code` names the error behind it."""

    def __init__(self, cause: Exception) -> None:
        super().__init__("PostgreSQL took no connection")
        self.code = type(cause).__name__


def driver_error(error: BaseException) -> BaseException:
    """Return the error of asyncpg, or of the pool, behind whatever wrapped it; `error` itself if none is behind it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, asyncpg.PostgresError | asyncpg.InterfaceError | PoolTimeoutError | NotConnectedError):
            return seen
        seen = seen.__cause__ or getattr(seen, "orig", None)
    return error


class MigrationError(Exception):
    """A database cannot be migrated; says why, and what to do, in one line."""
