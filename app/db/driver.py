"""Hot calls speak to PostgreSQL through asyncpg itself: one statement, one round trip, its own transaction."""

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
Session = AsyncSession | async_scoped_session[AsyncSession]  # as advanced-alchemy's repositories hold it

MAX_ATTEMPTS = 8
# The server itself ends a statement after 10 s (engine.py), so then it is the server that hangs.
CLIENT_TIMEOUT_SECONDS = 12

# The X-Request-ID of the act that this task carries out; what it writes into the outbox is marked with it.
outbox_request_id: ContextVar[str | None] = ContextVar("outbox_request_id", default=None)

# The login, by account and generation, that this task acts for where its statements themselves look whether it goes on.
current_login: ContextVar[tuple[int, int] | None] = ContextVar("current_login", default=None)
LOGIN_ENDED = "U0401"

# The connection of the transaction that this task is in (`one_transaction`).
_transaction_connection: ContextVar[Any] = ContextVar("_transaction_connection", default=None)

# What a commit would find broken is found where it can be explained still, and what is put off stays put off.
CHECK_DEFERRED_CONSTRAINTS = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"

# A writer whose snapshot was stale, a deadlock's victim, a row retired in the midst of the statement that reads it.
RETRYABLE = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.TriggeredDataChangeViolationError,
)

# The schema has changed since something was prepared or planned. PostgreSQL refuses a prepared statement whose columns
# have other types now; asyncpg then drops its prepared statements. DatatypeMismatch comes from the plan of a statement,
# perhaps one within a function, that calls a function which returns rows of a table or view: a change of these does not
# make PostgreSQL plan the call anew. Either way the server undoes the statement.
OUTDATED_PLAN = (asyncpg.InvalidCachedStatementError, asyncpg.DatatypeMismatchError)


class LoginEndedError(Exception):
    """The statement was not run, because the login that it was to be run for has ended."""


def is_retryable(error: Exception) -> bool:
    """Whether the same statement, run again, may succeed without anyone having changed their mind."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return error.constraint_name == "appointment_doctor_seat"  # two bookings picked the same free seat
    return isinstance(error, RETRYABLE + OUTDATED_PLAN)


async def fetch(engine: AsyncEngine, sql: str, *arguments: Any) -> list[asyncpg.Record]:
    """Run one statement in a transaction of its own and return its rows; committed when this returns.

    Retries what is retryable, up to 8 times, with a pause that grows to some 100 ms.
    Raises asyncpg's errors as they are: `app.domain.rules` knows which rule each of them names. Raises TimeoutError
    if the server stays silent; nobody knows then whether the statement was committed. Raises LoginEndedError if it is
    to look whether the login goes on, and that does not.
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
    """Run one statement in the transaction that the session has written in already, and return its rows.

    Nothing is retried, as that would be more than this statement; so it is prepared each time, and never outdated.
    Raises asyncpg's errors, and TimeoutError.
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
    """Run one statement like `fetch`, but commit only if `keep` says so of its rows; else undo it."""
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
    """Let all that this task fetches inside be one transaction; an exception undoes it.

    Each statement is a savepoint: one that fails is undone alone, gives back its locks and is tried again as ever.
    Raises on leaving what a commit raises; nobody may be told of success before that.
    """
    async with pooled_connection(engine) as driver, _transaction(driver):
        token = _transaction_connection.set(driver)
        try:
            yield
        finally:
            _transaction_connection.reset(token)


@asynccontextmanager
async def _transaction(driver: Any) -> AsyncIterator[None]:
    # at any other level a statement that is tried again would see what it saw before
    transaction = driver.transaction(isolation="read_committed")
    await run_with_timeout(driver, transaction.start)
    try:
        yield
        await run_with_timeout(driver, transaction.commit)
    except Exception:
        if not driver.is_closed() and driver.is_in_transaction():
            await run_with_timeout(driver, transaction.rollback)
        raise
    except BaseException:  # stopped, perhaps because the server hangs: closing the connection undoes it, too
        driver.terminate()
        raise


def with_login_and_request_id(sql: str, *arguments: Any) -> tuple[str, tuple[Any, ...]]:
    """Have the statement first look whether the `login` goes on, and tell its transaction the `outbox_request_id`.

    That costs no round trip more. Conditions that no row has a part in are tried before any row is asked for (EXPLAIN:
    One-Time Filter). The setting ends with the transaction, so the next user of the connection does not inherit it.
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
    """Lend a driver connection of the pool, for one statement.

    It comes from the pool itself: a session's connection, or an engine's, costs more than many a statement. So would
    a generator, which `asynccontextmanager` takes.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    async def __aenter__(self) -> Any:
        self._pooled = await _acquire(self._engine)
        return self._pooled.driver_connection

    async def __aexit__(self, *_: object) -> None:
        self._pooled.close()


async def _acquire(engine: Any) -> PoolProxiedConnection:
    if engine.pool.checkedin():  # nothing has to be waited for, so there is no need for what lets SQLAlchemy wait
        with suppress(MissingGreenlet):  # unless it is to be made anew; then it goes behind the others, which may live
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
    # who is stopped at the very moment at which the pool has a connection for them is not told (asyncio.wait_for before
    # Python 3.12: https://github.com/python/cpython/issues/86296)
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


def _connection_for(engine: AsyncEngine) -> AbstractAsyncContextManager[Any]:
    """Lend a driver connection: that of the transaction which this task is in, if it is in one."""
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
    """Let `act` use a driver connection, for 12 s at most; who ends it earlier ends the connection with it.

    Raises TimeoutError.
    """
    try:
        async with asyncio.timeout(CLIENT_TIMEOUT_SECONDS):
            return await act()
    except (TimeoutError, asyncio.CancelledError):
        # The server may be at it still, or be gone: nobody else is to wait for that. The pool makes a new connection.
        driver.terminate()
        raise
