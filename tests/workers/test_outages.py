"""Outages of Redis and PostgreSQL, at the start of the worker and later."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import pytest
import structlog
from redis.asyncio import Redis

from app import outage_log
from app.outage_log import OutageLog
from app.workers.heartbeat import HEARTBEAT_SECONDS
from app.workers.retry import RetryForever
from tests.support.factories import a_slot, book
from tests.support.mail.scenarios import MailScenario, is_settled
from tests.support.servers.databases import Database
from tests.support.servers.tcp_proxy import TcpProxy
from tests.support.servers.worker_process import WorkerProcess, eventually
from tests.workers.conftest import StartWorker


async def book_something(scenario: MailScenario, slot: int) -> None:
    """Make mails due that only a sweep finds: without a waitlist entry, the listener is not notified."""
    booked_up = await scenario.full_doctor(slot)
    await scenario.cancel(booked_up)
    await book(scenario.app, booked_up.holder, booked_up.doctor, a_slot(slot))


async def goes_away_and_comes_back(tcp_proxy: TcpProxy, worker: WorkerProcess, scenario: MailScenario) -> list[str]:
    """Start the worker during an outage of a server, end that outage, and cause another. All mails go out.

    Return the servers that the worker has reported as unavailable.
    """
    await book_something(scenario, 0)
    await worker.start()
    await asyncio.sleep(6)  # longer than from one sweep to the next
    assert not await is_settled(scenario.owner)
    unavailable = [line["server"] for line in worker.logged("server_unavailable")]
    await tcp_proxy.open()
    await scenario.settled()
    await tcp_proxy.disconnect_all()
    await book_something(scenario, 1)
    await asyncio.sleep(2)
    await tcp_proxy.open()
    await scenario.settled()
    assert not worker.logged("saq")
    return unavailable


async def test_redis_goes_away_and_comes_back(redis_url: str, make_worker: StartWorker, scenario: MailScenario) -> None:
    async with TcpProxy(redis_url, default_port=6379) as tcp_proxy:
        worker = make_worker(REDIS_URL=tcp_proxy.url)
        assert await goes_away_and_comes_back(tcp_proxy, worker, scenario) == ["redis"]
        await tcp_proxy.disconnect_all()
        worker.terminate()
        assert await worker.wait() == 0


async def test_postgresql_goes_away_and_comes_back(
    database: Database, make_worker: StartWorker, scenario: MailScenario
) -> None:
    async with TcpProxy(database.app, default_port=5432) as tcp_proxy:
        worker = make_worker(DATABASE_URL=tcp_proxy.url)
        unavailable = await goes_away_and_comes_back(tcp_proxy, worker, scenario)
        assert sorted(unavailable) == ["postgresql", "postgresql listener"]


async def test_redis_may_lose_all_its_data(redis: Redis, scenario: MailScenario) -> None:
    await scenario.start_worker()
    for slot in range(3):
        await book_something(scenario, slot)
        await scenario.settled()
        await redis.delete(*await redis.keys("saq:*"))
    await book_something(scenario, 3)
    await scenario.settled()


@asynccontextmanager
async def cut(tcp_proxy: TcpProxy) -> AsyncIterator[None]:
    """Refuse connections for longer than a few quick attempts take."""
    await tcp_proxy.disconnect_all()
    yield
    await asyncio.sleep(6)
    await tcp_proxy.open()


@asynccontextmanager
async def frozen(tcp_proxy: TcpProxy) -> AsyncIterator[None]:
    """Forward nothing for longer than the heartbeat timeout of a job and the lease of a mail."""
    tcp_proxy.flowing.clear()
    yield
    await asyncio.sleep(HEARTBEAT_SECONDS + 7)
    tcp_proxy.flowing.set()


@pytest.mark.parametrize("gone", [cut, frozen])
async def test_a_mail_that_is_taken_while_postgresql_is_away_goes_out_once(
    gone: Callable[[TcpProxy], AbstractAsyncContextManager[None]], database: Database, scenario: MailScenario
) -> None:
    async with TcpProxy(database.app, default_port=5432) as tcp_proxy:
        await tcp_proxy.open()
        scenario.mailbox.accepting.clear()
        booked_up = await scenario.cancel_while_waiting()
        worker = await scenario.start_worker(DATABASE_URL=tcp_proxy.url)
        await eventually(partial(scenario.mailbox.has_begun, 3))
        async with gone(tcp_proxy):
            scenario.mailbox.accepting.set()
        assert len(await scenario.settled()) == 3
        assert await scenario.attempts(booked_up) == [("sent", 1)] * 3
        assert not worker.logged("saq")


def test_an_outage_is_logged_once_at_its_start_and_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    outage = OutageLog("a server")
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            with outage.suppress_errors():
                raise ConnectionRefusedError
            with outage.suppress_errors():
                pass  # works for a moment
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
