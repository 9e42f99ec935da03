"""Runs statements on asyncpg connections directly: one statement, one round trip, one transaction."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from contextvars import ContextVar
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import PoolProxiedConnection
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_scoped_session

T = TypeVar("T")
Session = AsyncSession | async_scoped_session[AsyncSession]  # the session of an advanced-alchemy repository

MAX_ATTEMPTS = 8
# PostgreSQL ends a statement after 10 s (engine.py). Without an answer after 12 s, the server hangs.
CLIENT_TIMEOUT_SECONDS = 12

# The X-Request-ID of the request that this task executes. The mails that it queues carry it.
outbox_request_id: ContextVar[str | None] = ContextVar("outbox_request_id", default=None)

# The login (account and token generation) of this task, if its statements must check that the login is still valid.
current_login: ContextVar[tuple[int, int] | None] = ContextVar("current_login", default=None)
LOGIN_ENDED = "U0401"

# The connection of this task's transaction (`one_transaction`).
_transaction_connection: ContextVar[Any] = ContextVar("_transaction_connection", default=None)

# Checks deferred constraints now, while a violation can still be explained, and defers them again.
CHECK_DEFERRED_CONSTRAINTS = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"

# An outdated snapshot, a deadlock, or a row that was retired while the statement was reading it.
RETRYABLE = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.TriggeredDataChangeViolationError,
)

# The schema has changed since a statement was prepared or planned. PostgreSQL refuses a prepared statement whose
# columns changed their types; asyncpg then drops its prepared statements. DatatypeMismatch comes from the plan of a
# call of a function that returns rows of a changed table or view: PostgreSQL does not plan such a call again. In both
# cases, the server has rolled the statement back.
OUTDATED_PLAN = (asyncpg.InvalidCachedStatementError, asyncpg.DatatypeMismatchError)


class LoginEndedError(Exception):
    """The statement was not executed, because its login has ended."""


def is_retryable(error: Exception) -> bool:
    """Whether the same statement can succeed if it is run again."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return error.constraint_name == "appointment_doctor_seat"  # two bookings picked the same free seat
    return isinstance(error, RETRYABLE + OUTDATED_PLAN)


async def fetch(engine: AsyncEngine, sql: str, *arguments: Any) -> list[asyncpg.Record]:
    """Run one statement in a transaction of its own, commit it, and return its rows.

    Makes up to 8 attempts if the error is retryable, with pauses that grow to about 100 ms.

    Raises:
        asyncpg.PostgresError: as it is; `app.domain.rules` maps it to a rule.
        TimeoutError: the server does not answer. The statement may have been committed or not.
        LoginEndedError: `current_login` is set, and the login has ended.
    """
    sql, arguments = with_login_and_request_id(sql, *arguments)
    async with _connection_for(engine) as driver:
        if driver.is_in_transaction():
            return await _retry(driver, lambda: _attempt(driver, lambda _: True, sql, *arguments))
        return await _retry(driver, lambda: driver.fetch(sql, *arguments))


async def fetch_one(engine: AsyncEngine, sql: str, *arguments: Any) -> asyncpg.Record | None:
    """Run one statement like `fetch` and return its first row, or None."""
    rows = await fetch(engine, sql, *arguments)
    return rows[0] if rows else None


async def fetch_within(session: Session, sql: str, *arguments: Any) -> list[asyncpg.Record]:
    """Run one statement in the session's current transaction, and return its rows.

    Never retries, because that would have to repeat the whole transaction. So the statement is prepared anew each time,
    and cannot be outdated. Raises asyncpg's errors and TimeoutError.
    """
    sql, arguments = with_login_and_request_id(sql, *arguments)
    driver: Any = (await (await session.connection()).get_raw_connection()).driver_connection

    async def prepare_and_fetch() -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = await (await driver.prepare(sql)).fetch(*arguments)
        return rows

    return await run_with_timeout(driver, prepare_and_fetch)


async def fetch_if(
    engine: AsyncEngine, keep: Callable[[list[asyncpg.Record]], bool], sql: str, *arguments: Any
) -> list[asyncpg.Record]:
    """Run one statement like `fetch`, but commit only if `keep` returns true for its rows; otherwise roll back."""
    sql, arguments = with_login_and_request_id(sql, *arguments)
    async with _connection_for(engine) as driver:
        return await _retry(driver, lambda: _attempt(driver, keep, sql, *arguments))


async def _attempt(
    driver: Any, keep: Callable[[list[asyncpg.Record]], bool], sql: str, *arguments: Any
) -> list[asyncpg.Record]:
    within = driver.is_in_transaction()
    transaction = driver.transaction()  # a savepoint, within `one_transaction`
    await transaction.start()
    try:
        rows: list[asyncpg.Record] = await driver.fetch(sql, *arguments)
        kept = keep(rows)
        if kept and within:
            await driver.execute(CHECK_DEFERRED_CONSTRAINTS)
    except Exception:
        await transaction.rollback()
        raise
    await (transaction.commit() if kept else transaction.rollback())
    return rows


@asynccontextmanager
async def one_transaction(engine: AsyncEngine) -> AsyncIterator[None]:
    """Run all statements of this task inside the block in one transaction. An exception rolls it back.

    Each statement has a savepoint, so that a failed one is rolled back alone, releases its locks and can be retried.
    Raises the errors of the commit at the end of the block; do not report success before that.
    """
    async with pooled_connection(engine) as driver, _transaction(driver):
        token = _transaction_connection.set(driver)
        try:
            yield
        finally:
            _transaction_connection.reset(token)


@asynccontextmanager
async def _transaction(driver: Any) -> AsyncIterator[None]:
    # at a higher isolation level, a retried statement would see the same snapshot again
    transaction = driver.transaction(isolation="read_committed")
    await run_with_timeout(driver, transaction.start)
    try:
        yield
        await run_with_timeout(driver, transaction.commit)
    except Exception:
        if not driver.is_closed() and driver.is_in_transaction():
            await run_with_timeout(driver, transaction.rollback)
        raise
    except BaseException:  # canceled, perhaps because the server hangs; closing the connection rolls back as well
        driver.terminate()
        raise


def with_login_and_request_id(sql: str, *arguments: Any) -> tuple[str, tuple[Any, ...]]:
    """Make the statement check `current_login` first, and set `outbox_request_id` for its transaction.

    This costs no further round trip: PostgreSQL evaluates conditions that do not depend on a row before it reads rows
    (EXPLAIN: One-Time Filter). The setting ends with the transaction.
    """
    conditions, given = [], list(arguments)
    if caller := current_login.get():
        conditions.append(f"(SELECT require_login(${len(given) + 1}, ${len(given) + 2}))")
        given += caller
    if request_id := outbox_request_id.get():
        conditions.append(f"(SELECT set_config('booking.request', ${len(given) + 1}, true)) IS NOT NULL")
        given.append(request_id)
    if not conditions:
        return sql, arguments
    return f"SELECT called.* FROM ({sql}) AS called WHERE {' AND '.join(conditions)}", tuple(given)  # noqa: S608  our own


class pooled_connection:  # noqa: N801  named as contextlib's own are
    """Yields a driver connection of the pool.

    Uses the pool directly, because the connection objects of SQLAlchemy's sessions and engines cost more than many
    statements. A class, because a generator (`asynccontextmanager`) would cost more as well.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    async def __aenter__(self) -> Any:
        self._pooled = await _acquire(self._engine)
        return self._pooled.driver_connection

    async def __aexit__(self, *_: object) -> None:
        self._pooled.close()


async def _acquire(engine: Any) -> PoolProxiedConnection:
    if engine.pool.checkedin():  # an idle connection needs no wait, so the call works outside SQLAlchemy's greenlet
        with suppress(MissingGreenlet):  # the idle connection is dead and must be replaced, which needs a wait
            idle: PoolProxiedConnection = engine.pool.connect()
            return idle
    lent: PoolProxiedConnection = await engine.raw_connection()
    try:
        _raise_if_cancelled()
    except asyncio.CancelledError:
        lent.close()
        raise
    return lent


def _raise_if_cancelled() -> None:
    # asyncio.wait_for loses a cancellation at the moment at which the pool hands over a connection (before Python 3.12:
    # https://github.com/python/cpython/issues/86296)
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


def _connection_for(engine: AsyncEngine) -> AbstractAsyncContextManager[Any]:
    """Return the connection of this task's transaction, or else one of the pool."""
    return nullcontext(_transaction_connection.get()) if _transaction_connection.get() else pooled_connection(engine)


async def _retry(driver: Any, act: Callable[[], Awaitable[list[asyncpg.Record]]]) -> list[asyncpg.Record]:
    attempt = 1
    while True:
        try:
            return await run_with_timeout(driver, act)
        except asyncpg.PostgresError as error:
            if error.sqlstate == LOGIN_ENDED:
                raise LoginEndedError from error
            if attempt == MAX_ATTEMPTS or not is_retryable(error):
                raise
            if isinstance(error, OUTDATED_PLAN):
                await run_with_timeout(driver, lambda: driver.execute("DISCARD PLANS"))
        await asyncio.sleep(random.uniform(0, 0.001 * 2**attempt))
        attempt += 1


async def run_with_timeout(driver: Any, act: Callable[[], Awaitable[T]]) -> T:
    """Run `act` for at most 12 s. Terminates the connection on timeout or cancellation. Raises TimeoutError."""
    try:
        async with asyncio.timeout(CLIENT_TIMEOUT_SECONDS):
            return await act()
    except (TimeoutError, asyncio.CancelledError):
        # The server may still be executing the statement, or be gone. The pool replaces the connection.
        driver.terminate()
        raise
