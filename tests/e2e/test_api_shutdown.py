"""An API that is stopped finishes the requests that it has begun."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from asyncpg import Connection

from app.sandbox.stack.service import Api
from tests.support.factories import a_slot, make_doctor, make_patient
from tests.support.http.bookings import post_booking
from tests.support.servers.api_process import api_environment, running_api
from tests.support.servers.databases import Database
from tests.support.servers.worker_process import eventually

SOMEBODY_WAITS = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))"


@pytest_asyncio.fixture
async def api(database: Database, redis_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with running_api(tmp_path, api_environment(database, redis_url)) as api:
        yield api


async def refuses(url: str) -> bool:
    try:
        async with httpx.AsyncClient(base_url=url) as client:
            await client.get("/health/live")
    except httpx.ConnectError:
        return True
    except (httpx.RemoteProtocolError, httpx.ReadError):
        pass  # the API accepted the connection before its socket closed, and did not answer
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_request_in_progress_is_answered(api: Api, owner: Connection, number: signal.Signals) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    async with httpx.AsyncClient(base_url=api.url, timeout=60) as client:
        async with owner.transaction():
            await owner.execute("LOCK TABLE appointment")
            booking = asyncio.create_task(post_booking(client, patient, doctor, a_slot()))
            await eventually(partial(owner.fetchval, SOMEBODY_WAITS))
            os.kill(api.child.pid, number)
            await eventually(partial(refuses, api.url))
            assert not booking.done()
        answer = await booking
    assert answer.status_code == 201, answer.text
    assert await owner.fetchval("SELECT id FROM appointment WHERE doctor_id = $1", doctor) == answer.json()["id"]
    assert await asyncio.wait_for(api.child.wait(), 60) in {0, -number}
