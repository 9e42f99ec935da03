"""PostgreSQL crashes or hangs under load: every request is answered in time, and afterwards everything works again.

These tests run a PostgreSQL of their own, because they stop it together with all its connections.
"""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest
import pytest_asyncio
from httpx import AsyncClient

from app.sandbox.mailbox.server import Mailbox
from app.sandbox.servers.postgres import EmbeddedPostgres
from app.sandbox.stack.service import Api
from tests.conftest import UNLIMITED
from tests.robustness.chaos.continuous_load import LONGEST, Load
from tests.support.http.answers import assert_problem
from tests.support.mail.scenarios import is_settled
from tests.support.servers.api_process import api_environment
from tests.support.servers.databases import database_at, make_template
from tests.support.servers.worker_process import WorkerProcess, eventually

OUTAGE = 20  # seconds, at least
LIMIT = 20 + 2  # seconds, as .env.example documents
WORKERS_SERVERS = {"postgresql", "postgresql listener"}
BUSY = 10  # seconds by which a busy machine may read an answer late


class Stack(NamedTuple):
    postgres: EmbeddedPostgres
    api: Api
    worker: WorkerProcess
    mailbox: Mailbox
    owner_url: str


@pytest_asyncio.fixture
async def stack(tmp_path: Path, redis_url: str) -> AsyncIterator[Stack]:
    postgres, api, mailbox = EmbeddedPostgres(tmp_path, {"fsync": "off"}), Api(tmp_path), Mailbox()
    await postgres.start()
    await mailbox.start()
    database = database_at(postgres.superuser_dsn, await make_template(postgres.superuser_dsn))
    mail = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(mailbox.smtp_port)}
    unlimited = {name.upper(): limit for name, limit in UNLIMITED.items()}
    environment = api_environment(database, redis_url, **mail, **unlimited)
    worker = WorkerProcess(environment, tmp_path / "worker.log")
    try:
        await api.start(environment)
        await worker.start()
        yield Stack(postgres, api, worker, mailbox, database.owner)
    finally:
        await worker.kill()
        await api.child.stop()
        await mailbox.stop()
        await postgres.stop()


@asynccontextmanager
async def stopped(postgres: EmbeddedPostgres) -> AsyncIterator[None]:
    """Crash the server and start it again at the end: connections break, and new ones are refused."""
    os.kill(postgres.pid, signal.SIGQUIT)
    await postgres.child.wait()
    yield
    await postgres.start(postgres.port)


@asynccontextmanager
async def frozen(postgres: EmbeddedPostgres) -> AsyncIterator[None]:
    """Suspend the server: connections stay open, new ones are accepted by the kernel, and nothing is answered."""
    processes = [postgres.pid]
    os.kill(postgres.pid, signal.SIGSTOP)  # first, so that it starts no more processes
    processes += children(postgres.pid)
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    yield
    for pid in processes:
        os.kill(pid, signal.SIGCONT)


def children(parent: int) -> list[int]:
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # the process has ended
            stats[path.parent.name] = path.read_text()
    return [int(pid) for pid, stat in stats.items() if stat.rpartition(")")[2].split()[1] == str(parent)]


async def readiness(client: AsyncClient) -> tuple[int, str]:
    answer = await client.get("/health/ready")
    return answer.status_code, answer.json()["database"]


async def check_answers(load: Load, owner: asyncpg.Connection) -> None:
    """Check that all answers came in time, and that the database has what they confirmed."""
    slow = [(a.name, a.seconds) for a in load.answers if a.seconds > LIMIT + BUSY]
    assert not slow
    failed = [a for a in load.answers if a.response.is_server_error]
    assert len(failed) >= 10
    for answer in failed:
        problem = assert_problem(answer.response, 503, "unavailable")
        assert int(answer.response.headers["retry-after"]) > 0
        assert answer.response.request.method != "GET" or "not known" not in problem["detail"]
    done = [(a.name, a.response.json()) for a in load.answers if a.response.is_success]
    status_by_id = {row["id"]: row["status"] for row in await owner.fetch("SELECT id, status FROM appointment")}
    assert {body["id"] for name, body in done if name == "book"} <= status_by_id.keys()
    assert {status_by_id[body["id"]] for name, body in done if name == "cancel"} <= {"canceled"}


async def check_mails(stack: Stack, owner: asyncpg.Connection) -> None:
    """Check that the worker has sent every mail exactly once."""
    await eventually(partial(is_settled, owner))
    sent = await owner.fetch("SELECT message_id FROM notification WHERE status = 'sent'")
    assert sent
    assert {message.message_id.partition("@")[0] for message in stack.mailbox.messages} == {
        f"<{row['message_id']}" for row in sent
    }


async def worker_has_reported(stack: Stack) -> bool:
    """Whether the worker has logged that both of its connections are lost."""
    return {line["server"] for line in stack.worker.logged("server_unavailable")} >= WORKERS_SERVERS


async def check_logs(stack: Stack) -> None:
    """Check that the logs report the beginning and the end of the outage once each, and no other error."""

    async def both_ends(logged: Callable[[str], list[dict[str, Any]]], servers: set[str]) -> bool:
        lost = [line["server"] for line in logged("server_unavailable")]
        assert servers <= set(lost)
        assert len(lost) == len(set(lost))
        return sorted(lost) == sorted(line["server"] for line in logged("server_available_again"))

    def api_logged(event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in stack.api.child.log.read_text().splitlines()]
        return [line for line in lines if line["event"] == event]

    await eventually(partial(both_ends, api_logged, {"postgresql"}))
    await eventually(partial(both_ends, stack.worker.logged, WORKERS_SERVERS))
    assert not api_logged("server_error")
    assert not stack.worker.logged("saq")


@pytest.mark.parametrize("outage", [stopped, frozen])
async def test_requests_are_answered_in_time_and_service_resumes(
    stack: Stack, outage: Callable[[EmbeddedPostgres], AbstractAsyncContextManager[None]]
) -> None:
    pids = stack.api.child.pid, stack.worker.pid
    async with AsyncClient(base_url=stack.api.url, timeout=LONGEST) as client:
        load = Load(client)
        await load.register_people()
        async with load.running_load():
            await asyncio.sleep(2)
            async with outage(stack.postgres):
                await asyncio.sleep(OUTAGE / 2)
                assert await readiness(client) == (503, "down")
                await asyncio.sleep(OUTAGE / 2)
                # a query of a hanging server times out after 12 s, and a busy worker may send it late
                await eventually(partial(worker_has_reported, stack))
            await check_logs(stack)
            assert await readiness(client) == (200, "up")
        last = [await load.ask(load.a_booking()) for _ in range(20)]
    assert not any(response.is_server_error for response in last)
    owner = await asyncpg.connect(stack.owner_url)
    try:
        await check_answers(load, owner)
        await check_mails(stack, owner)
    finally:
        await owner.close()
    assert (stack.api.child.pid, stack.worker.pid) == pids
    assert stack.api.child.running


async def test_api_and_worker_stop_while_postgresql_hangs(stack: Stack) -> None:
    async with AsyncClient(base_url=stack.api.url, timeout=LONGEST) as client:
        await asyncio.gather(
            *(client.get("/api/doctors/") for _ in range(8))
        )  # opens connections that have to be closed
        async with frozen(stack.postgres):
            os.kill(stack.api.child.pid, signal.SIGTERM)
            stack.worker.terminate()
            assert await stack.worker.wait() == 0
            await asyncio.wait_for(stack.api.child.wait(), LONGEST)
    assert stack.worker.logged("worker_stopped")
