"""Errors of the connection to PostgreSQL."""

import asyncpg
from sqlalchemy.exc import TimeoutError as PoolTimeoutError


class NotConnectedError(ConnectionError):
    """PostgreSQL refused the connection, so no statement was sent. `code` names the cause."""

    def __init__(self, cause: Exception) -> None:
        super().__init__("PostgreSQL refused the connection")
        self.code = type(cause).__name__


def driver_error(error: BaseException) -> BaseException:
    """Return the error of asyncpg or of the pool that caused `error`, or `error` itself if there is none."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, asyncpg.PostgresError | asyncpg.InterfaceError | PoolTimeoutError | NotConnectedError):
            return seen
        seen = seen.__cause__ or getattr(seen, "orig", None)
    return error


class MigrationError(Exception):
    """A database cannot be migrated. The message is one line with the reason and what to do."""
