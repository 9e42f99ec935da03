"""The listener on `booking_outbox`: speed, reconnection, and delivery without it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import pairwise

import pytest
from asyncpg import Connection
from redis.asyncio import Redis
from saq.queue.redis import RedisQueue

from app.workers import listener as listener_module
from app.workers.listener import DEBOUNCE_SECONDS, Listener
from tests.support.factories import make_patient
from tests.support.mail.scenarios import MailScenario, is_settled
from tests.support.servers.databases import Database
from tests.support.servers.tcp_proxy import TcpProxy
from tests.support.servers.worker_process import eventually

LISTENING = """
    SELECT array_agg(pid) FROM pg_stat_activity
    WHERE application_name = 'booking-listener' AND datname = current_database() AND query ILIKE 'LISTEN%'
"""


async def switch_sweeps_off(redis: Redis) -> None:
    """Postpone the next sweep, so that only the listener can find mails."""
    await RedisQueue(redis, name="booking").enqueue("sweep", key="cron:sweep", scheduled=int(time.time()) + 10**6)


async def listens_again(app: Connection, before: int) -> bool:
    """Whether a listener has a connection other than `before`."""
    return bool(await app.fetchval(f"SELECT $1 <> ALL (({LISTENING})::integer[])", before))


async def test_a_mail_comes_by_listening_after_the_connection_was_cut(redis: Redis, scenario: MailScenario) -> None:
    await switch_sweeps_off(redis)
    booked_up = await scenario.full_doctor()
    waiting = await make_patient(scenario.owner)
    await scenario.join(waiting, booked_up.doctor)
    await scenario.start_worker()
    (before,) = await eventually(partial(scenario.app.fetchval, LISTENING))
    assert await scenario.app.fetchval("SELECT pg_terminate_backend($1)", before)
    await eventually(partial(listens_again, scenario.app, before))
    await asyncio.sleep(1)  # by now, the actions on connecting are done
    await scenario.cancel(booked_up)
    assert len(await scenario.messages_to(waiting)) == 1
    (row,) = [row for row in await scenario.rows(booked_up) if row["kind"] == "slot_offered"]
    assert (row["status"], row["attempts"]) == ("sent", 1)


async def test_mails_queued_while_disconnected_are_found_on_connecting(
    database: Database, redis: Redis, scenario: MailScenario
) -> None:
    await switch_sweeps_off(redis)
    booked_up = await scenario.full_doctor()
    await scenario.join(await make_patient(scenario.owner), booked_up.doctor)
    async with TcpProxy(database.app, default_port=5432) as tcp_proxy:
        await tcp_proxy.open()
        await scenario.cancel(await scenario.full_doctor(slot=1))
        worker = await scenario.start_worker(LISTEN_DATABASE_URL=tcp_proxy.url)
        await scenario.settled()
        await asyncio.sleep(1)  # by now, the actions on connecting are done
        await tcp_proxy.disconnect_all()
        await scenario.cancel(booked_up)
        await asyncio.sleep(2)
        assert not await is_settled(scenario.owner)
        lines = await worker.wait_for_log("server_unavailable")
        assert [line["server"] for line in lines] == ["postgresql listener"]
        await tcp_proxy.open()
        await scenario.settled()


async def test_without_listening_the_sweep_finds_the_mails(scenario: MailScenario) -> None:
    booked_up = await scenario.full_doctor()
    await scenario.join(await make_patient(scenario.owner), booked_up.doctor)
    await scenario.start_worker(LISTEN_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    await scenario.cancel(booked_up)
    assert len(await scenario.settled()) == 3


@asynccontextmanager
async def listening(url: str, answer: Callable[[], None]) -> AsyncIterator[None]:
    """Run a listener in this process."""

    async def call() -> None:
        answer()

    task = asyncio.create_task(Listener(url, call).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_burst_of_notifications_is_handled_together(database: Database, app: Connection) -> None:
    answers: list[float] = []
    async with listening(database.app, lambda: answers.append(time.monotonic())):
        await eventually(partial(app.fetchval, LISTENING))
        for _ in range(200):
            await app.execute("NOTIFY booking_outbox")
        last_ring = time.monotonic()

        async def answered() -> bool:
            return answers[-1:] >= [last_ring]

        await app.execute("NOTIFY booking_outbox")
        await eventually(answered)
    assert all(later - earlier >= 0.9 * DEBOUNCE_SECONDS for earlier, later in pairwise(answers))


async def test_a_connection_that_no_longer_answers_is_replaced(
    database: Database, app: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "KEEPALIVE", 0.5)
    monkeypatch.setattr(listener_module, "TIMEOUT", 1)
    answers: list[int] = []
    async with (
        TcpProxy(database.app, default_port=5432) as tcp_proxy,
        listening(tcp_proxy.url, lambda: answers.append(0)),
    ):
        await tcp_proxy.open()
        (before,) = await eventually(partial(app.fetchval, LISTENING))
        tcp_proxy.flowing.clear()
        await asyncio.sleep(2)
        await app.execute("NOTIFY booking_outbox")  # goes to the dead connection
        answers.clear()
        tcp_proxy.flowing.set()

        async def answered_anew() -> bool:
            return bool(answers) and await listens_again(app, before)

        await eventually(answered_anew)
