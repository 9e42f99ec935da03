"""Hot calls speak to PostgreSQL through asyncpg itself: one statement, one round trip, its own transaction."""

import asyncio
import random
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session

Session = AsyncSession | async_scoped_session[AsyncSession]  # as advanced-alchemy's repositories hold it

ATTEMPTS = 8

# A writer whose snapshot was stale, a deadlock's victim, a row retired in the midst of the statement that reads it.
RETRYABLE = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.TriggeredDataChangeViolationError,
)


def is_retryable(error: Exception) -> bool:
    """Whether the same statement, run again, may succeed without anyone having changed their mind."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return error.constraint_name == "appointment_doctor_seat"  # two bookings picked the same free seat
    return isinstance(error, RETRYABLE)


async def fetch(session: Session, sql: str, *arguments: Any) -> list[asyncpg.Record]:
    """Run one statement in a transaction of its own and return its rows; committed when this returns.

    Retries what is retryable, up to 8 times, with a pause that grows to some 100 ms.
    Raises asyncpg's errors as they are: `app.domain.errors` knows which rule each of them names.
    """
    connection = await session.connection()
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None  # noqa: S101  a raw connection that was just checked out has its driver
    for attempt in range(1, ATTEMPTS + 1):
        try:
            rows: list[asyncpg.Record] = await driver.fetch(sql, *arguments)
        except asyncpg.PostgresError as error:
            if attempt == ATTEMPTS or not is_retryable(error):
                raise
            await asyncio.sleep(random.uniform(0, 0.001 * 2**attempt))
        else:
            return rows
    raise AssertionError("unreachable")


async def fetch_one(session: Session, sql: str, *arguments: Any) -> asyncpg.Record | None:
    """Run one statement like `fetch` and return its first row, or None."""
    rows = await fetch(session, sql, *arguments)
    return rows[0] if rows else None
