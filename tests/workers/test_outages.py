"""Redis and PostgreSQL may be away when the worker starts, go away, come back, and forget."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import asyncpg
import pytest
import structlog
from redis.asyncio import Redis

from app import outage_log
from app.outage_log import OutageLog
from app.workers.heartbeat import HEARTBEAT_SECONDS
from app.workers.retry import RetryForever
from tests.support.factories import a_slot, book, make_patient
from tests.support.mail.faulty_mailboxes import FaultyMailbox
from tests.support.mail.scenarios import cancel_while_waiting, full_doctor, is_settled, rows
from tests.support.servers.databases import Database
from tests.support.servers.tcp_proxy import TcpProxy
from tests.support.servers.worker_process import WorkerProcess, eventually
from tests.workers.conftest import StartWorker


@pytest.fixture
def booking(owner: asyncpg.Connection, app: asyncpg.Connection) -> Callable[[int], Awaitable[None]]:
    """Book something, which only a sweep finds: nobody waits, so nothing rings."""

    async def book_something(slot: int) -> None:
        booked_up = await full_doctor(owner, app, slot)
        await app.fetch("SELECT * FROM cancel_as_patient($1, $2)", booked_up.holder, booked_up.appointment)
        await book(app, booked_up.holder, booked_up.doctor, a_slot(slot))

    return book_something


async def goes_away_and_comes_back(
    tcp_proxy: TcpProxy, worker: WorkerProcess, booking: Callable[[int], Awaitable[None]], owner: asyncpg.Connection
) -> list[str]:
    """Start the worker while a server is away, bring it, and take it away for a while; each time the mails go out.

    Return which servers the log told to be away.
    """
    await booking(0)
    await worker.start()
    await asyncio.sleep(6)  # longer than from one sweep to the next
    assert not await is_settled(owner)
    told = [line["server"] for line in worker.logged("server_unavailable")]
    await tcp_proxy.open()
    await eventually(partial(is_settled, owner))
    await tcp_proxy.disconnect_all()
    await booking(1)
    await asyncio.sleep(2)
    await tcp_proxy.open()
    await eventually(partial(is_settled, owner))
    assert not worker.logged("saq")
    return told


async def test_redis_goes_away_and_comes_back(
    redis_url: str,
    owner: asyncpg.Connection,
    make_worker: StartWorker,
    booking: Callable[[int], Awaitable[None]],
) -> None:
    async with TcpProxy(redis_url, default_port=6379) as tcp_proxy:
        worker = make_worker(REDIS_URL=tcp_proxy.url)
        assert await goes_away_and_comes_back(tcp_proxy, worker, booking, owner) == ["redis"]
        await tcp_proxy.disconnect_all()
        worker.terminate()
        assert await worker.wait() == 0


async def test_postgresql_goes_away_and_comes_back(
    database: Database,
    owner: asyncpg.Connection,
    make_worker: StartWorker,
    booking: Callable[[int], Awaitable[None]],
) -> None:
    async with TcpProxy(database.app, default_port=5432) as tcp_proxy:
        worker = make_worker(DATABASE_URL=tcp_proxy.url)
        told = await goes_away_and_comes_back(tcp_proxy, worker, booking, owner)
        assert sorted(told) == ["postgresql", "postgresql listener"]


async def test_redis_may_forget_everything(
    redis: Redis,
    owner: asyncpg.Connection,
    make_worker: StartWorker,
    booking: Callable[[int], Awaitable[None]],
) -> None:
    await make_worker().start()
    for slot in range(3):
        await booking(slot)
        await eventually(partial(is_settled, owner))
        await redis.delete(*await redis.keys("saq:*"))
    await booking(3)
    await eventually(partial(is_settled, owner))


@asynccontextmanager
async def cut(tcp_proxy: TcpProxy) -> AsyncIterator[None]:
    """Let the server refuse connections, for longer than a few quick attempts take."""
    await tcp_proxy.disconnect_all()
    yield
    await asyncio.sleep(6)
    await tcp_proxy.open()


@asynccontextmanager
async def frozen(tcp_proxy: TcpProxy) -> AsyncIterator[None]:
    """Let the server say nothing, for longer than a job may go without a heartbeat, or a mail's lease lasts."""
    tcp_proxy.flowing.clear()
    yield
    await asyncio.sleep(HEARTBEAT_SECONDS + 7)
    tcp_proxy.flowing.set()


@pytest.mark.parametrize("gone", [cut, frozen])
async def test_a_mail_that_is_taken_while_postgresql_is_away_goes_out_once(
    gone: Callable[[TcpProxy], AbstractAsyncContextManager[None]],
    database: Database,
    owner: asyncpg.Connection,
    app: asyncpg.Connection,
    make_worker: StartWorker,
) -> None:
    mailbox = FaultyMailbox()
    await mailbox.start()
    try:
        async with TcpProxy(database.app, default_port=5432) as tcp_proxy:
            await tcp_proxy.open()
            mailbox.at_ease.clear()
            booked_up = await cancel_while_waiting(await make_patient(owner), owner, app)
            worker = make_worker(DATABASE_URL=tcp_proxy.url, EMAIL_PORT=str(mailbox.smtp_port))
            await worker.start()
            await eventually(partial(mailbox.has_begun, 3))
            async with gone(tcp_proxy):
                mailbox.at_ease.set()
            await eventually(partial(is_settled, owner))
            assert [(row["status"], row["attempts"]) for row in await rows(owner, booked_up)] == [("sent", 1)] * 3
            assert len(mailbox.messages) == 3
            assert not worker.logged("saq")
    finally:
        await mailbox.stop()


def test_an_outage_is_told_of_once_at_each_end(monkeypatch: pytest.MonkeyPatch) -> None:
    outage = OutageLog("a server")
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            with outage.suppress_errors():
                raise ConnectionRefusedError
            with outage.suppress_errors():
                pass  # for a moment it works
        assert [line["event"] for line in logs] == ["server_unavailable"]
        monkeypatch.setattr(outage_log, "RECOVERY_SECONDS", 0)
        for _ in range(2):
            with outage.suppress_errors():
                pass
    assert [line["event"] for line in logs] == ["server_unavailable", "server_available_again"]
    assert logs[0]["error"] == "ConnectionRefusedError"


def test_redis_is_waited_for_as_long_as_it_takes() -> None:
    assert RetryForever().get_retries() < 0
    assert 1 <= RetryForever()._backoff.compute(100_000) <= 2  # noqa: SLF001  redis's own backoffs fail after 1,023
