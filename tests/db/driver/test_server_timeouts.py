"""If the server does not answer, the driver gives up, closes the connection, and the next caller gets a new one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection
from litestar.datastructures import State
from sqlalchemy import PoolProxiedConnection, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.db import driver
from app.db.driver import fetch, fetch_if, one_transaction, pooled_connection
from app.db.engine import create_engine, database_config
from app.db.errors import NotConnectedError
from tests.support.servers.databases import Database
from tests.support.servers.tcp_proxy import TcpProxy
from tests.support.servers.worker_process import eventually

NAP = "SELECT pg_sleep(0.5)"  # long enough to stop the proxy meanwhile
PID = "SELECT pg_backend_pid() AS pid"


class Line(NamedTuple):
    """An engine with one connection, which goes through a proxy."""

    engine: AsyncEngine
    tcp_proxy: TcpProxy

    async def pid(self) -> int:
        """Return the process id of the backend."""
        (row,) = await fetch(self.engine, PID)
        pid: int = row["pid"]
        return pid


@pytest_asyncio.fixture
async def line(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    """A line with a statement timeout of two seconds."""
    monkeypatch.setattr(driver, "CLIENT_TIMEOUT_SECONDS", 2)
    async with TcpProxy(database.app, default_port=5432) as tcp_proxy:
        await tcp_proxy.open()
        engine = create_engine(tcp_proxy.url, application_name="test", pool_size=1)
        yield Line(engine, tcp_proxy)
        tcp_proxy.flowing.set()
        await engine.dispose()


async def by_driver(engine: AsyncEngine) -> None:
    await fetch(engine, NAP)


async def by_driver_in_a_transaction(engine: AsyncEngine) -> None:
    await fetch_if(engine, lambda _: True, NAP)


async def by_driver_among_others(engine: AsyncEngine) -> None:
    async with one_transaction(engine):
        await fetch(engine, NAP)


async def by_sqlalchemy(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        await session.execute(text(NAP))


Pause = Callable[[AsyncEngine], Awaitable[None]]


async def begun(nap: Pause, line: Line) -> asyncio.Task[None]:
    """Start a statement that sleeps."""
    task = asyncio.ensure_future(nap(line.engine))
    await asyncio.sleep(0.2)
    return task


@pytest.mark.parametrize("nap", [by_driver, by_driver_in_a_transaction, by_driver_among_others])
async def test_a_connection_that_falls_silent_is_replaced(line: Line, nap: Pause) -> None:
    before = await line.pid()
    task = await begun(nap, line)
    line.tcp_proxy.flowing.clear()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(task), 30)
    assert task.done()
    line.tcp_proxy.flowing.set()
    assert await asyncio.wait_for(line.pid(), 30) != before


@pytest.mark.parametrize("nap", [by_driver, by_driver_in_a_transaction, by_driver_among_others, by_sqlalchemy])
async def test_a_connection_whose_user_was_stopped_is_replaced(line: Line, nap: Pause) -> None:
    before = await line.pid()
    task = await begun(nap, line)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.wait_for(line.pid(), 30) != before


async def test_a_canceled_statement_is_terminated(line: Line, owner: Connection) -> None:
    pid = await line.pid()
    is_gone = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)"
    await fetch(line.engine, "SELECT set_config('statement_timeout', '0', false)")
    task = asyncio.create_task(fetch(line.engine, "SELECT pg_sleep(100)"))
    await asyncio.sleep(0.5)
    assert not await owner.fetchval(is_gone, pid)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await eventually(lambda: owner.fetchval(is_gone, pid), seconds=60)


async def test_a_silent_server_counts_as_not_connected(line: Line) -> None:
    line.tcp_proxy.flowing.clear()
    with pytest.raises(NotConnectedError) as caught:
        await line.pid()
    assert caught.value.code == "TimeoutError"


async def test_a_missing_server_counts_as_not_connected(line: Line) -> None:
    await line.tcp_proxy.disconnect_all()
    with pytest.raises(NotConnectedError) as caught:
        await line.pid()
    assert caught.value.code == "ConnectionRefusedError"
    await line.tcp_proxy.open()
    assert await line.pid()


async def test_an_answer_stands_although_its_connection_was_lost_meanwhile(database: Database) -> None:
    async with TcpProxy(database.app, default_port=5432) as tcp_proxy:
        await tcp_proxy.open()
        config = database_config(tcp_proxy.url, application_name="test")
        scope: Any = {"type": "http"}
        session = config.provide_session(State(config.create_app_state_items()), scope)
        await session.execute(text(PID))
        await tcp_proxy.disconnect_all()
        close: Any = config.before_send_handler
        await close({"type": "http.response.start", "status": 200, "headers": []}, scope)
        await tcp_proxy.open()
        assert await fetch(config.get_engine(), PID)
        await config.get_engine().dispose()


async def test_a_task_canceled_while_connecting_runs_nothing(database: Database) -> None:
    engine = create_engine(database.app, application_name="test", pool_size=1)

    class Deaf:
        """An engine that ignores a cancellation while it connects, as asyncio.wait_for() of Python 3.11 may."""

        pool = engine.pool  # still empty

        async def raw_connection(self) -> PoolProxiedConnection:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(10)
            return await engine.raw_connection()

    ran = False

    async def run() -> None:
        nonlocal ran
        async with pooled_connection(Deaf()):
            ran = True

    task = asyncio.create_task(run())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not ran
    async with asyncio.timeout(5), pooled_connection(engine):  # the connection is back in the pool
        pass
    await engine.dispose()


async def test_a_lost_connection_does_not_affect_the_others(database: Database, owner: Connection) -> None:
    engine = create_engine(database.app, application_name="test", pool_size=3)
    await asyncio.gather(*(fetch(engine, NAP) for _ in range(3)))
    name = await owner.fetchval("SELECT current_database()")
    await owner.execute(f"REVOKE CONNECT ON DATABASE {name} FROM booking_app")
    try:
        with pytest.raises((asyncpg.AdminShutdownError, asyncpg.PostgresConnectionError)):
            await fetch(engine, "SELECT pg_terminate_backend(pg_backend_pid())")
        for _ in range(9):
            assert await fetch(engine, PID)
    finally:
        await owner.execute(f"GRANT CONNECT ON DATABASE {name} TO booking_app")
        await engine.dispose()
