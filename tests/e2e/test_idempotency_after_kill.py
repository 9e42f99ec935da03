"""The API is killed in the middle of requests: a client that repeats its request has it done once."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest_asyncio
from asyncpg import Connection
from httpx import AsyncClient

from app.sandbox.paypal.server import PayPalStandIn
from app.sandbox.stack.service import Api
from app.settings import Settings
from tests.support.http.idempotent_requests import (
    IDEMPOTENT_REQUESTS,
    REPLAYED,
    IdempotentRequest,
    Practice,
    new_key,
    state,
)
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.payment_client import PaymentClient
from tests.support.paypal.worker_jobs import jobs
from tests.support.servers.api_process import api_environment
from tests.support.servers.databases import Database, execute
from tests.support.servers.worker_process import eventually

ROUNDS, TIMES = 3, 3
Keyed = dict[str, tuple[IdempotentRequest, str]]
SOMEBODY_WAITS = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
# as if every payment were due
ALL_DUE = "SET session_replication_role = replica; UPDATE payment SET due_at = now() WHERE due_at IS NOT NULL"


class KillableApi:
    def __init__(self, api: Api, environment: dict[str, str]) -> None:
        self._api = api
        self._environment = environment

    async def start(self) -> AsyncClient:
        """Start it; return a client."""
        await self._api.start(self._environment, self._api.port or None)
        return AsyncClient(base_url=self._api.url, timeout=60)

    async def kill(self) -> None:
        self._api.child.kill()
        await self._api.child.wait()


@pytest_asyncio.fixture
async def killable_api(
    database: Database, redis_url: str, stand_in: PayPalStandIn, tmp_path: Path
) -> AsyncIterator[KillableApi]:
    """An API that is not running yet."""
    api = Api(tmp_path)
    # DEBUG allows PayPal without TLS
    yield KillableApi(api, api_environment(database, redis_url, DEBUG="true", **stand_in.settings()))
    await api.child.stop()


@pytest_asyncio.fixture
async def practice(
    database: Database, owner: Connection, client: AsyncClient, stand_in: PayPalStandIn
) -> AsyncIterator[Practice]:
    """Makes what the requests act on, through another API."""
    async with FakePayPal(stand_in.url) as fake_paypal:
        yield Practice(database, owner, PaymentClient(client, owner, database, fake_paypal))


async def make_all(practice: Practice) -> Keyed:
    """Return one request of each kind, by name and with a new key."""
    return {name: (await make(practice), new_key()) for name, make in IDEMPOTENT_REQUESTS.items()}


async def send_all(client: AsyncClient, requests: Keyed) -> dict[str, set[bytes]]:
    """Send each request several times at once under its key; return the answers that came."""
    came: dict[str, set[bytes]] = {name: set() for name in requests}

    async def send(name: str) -> None:
        request, key = requests[name]
        try:
            answer = await request.send(client, key)
        except httpx.TransportError:
            return  # the API was killed
        assert answer.is_success, answer.text
        came[name].add(answer.content)

    await asyncio.gather(*(send(name) for name in requests for _ in range(TIMES)))
    return came


async def test_killed_at_any_moment_it_has_done_all_or_nothing(
    killable_api: KillableApi, practice: Practice, client: AsyncClient, settings: Settings, database: Database
) -> None:
    undisturbed = await make_all(practice)
    started = time.monotonic()
    await send_all(client, undisturbed)
    takes = time.monotonic() - started
    wanted = {name: await state(practice.owner, request) for name, (request, _) in undisturbed.items()}
    for _ in range(ROUNDS):
        requests = await make_all(practice)
        async with await killable_api.start() as killed:
            sending = asyncio.create_task(send_all(killed, requests))
            await asyncio.sleep(random.uniform(0, takes))
            await killable_api.kill()
            came = await sending
        async with await killable_api.start() as another, jobs(settings) as worker:
            await execute(database.superuser, ALL_DUE)
            for row in await practice.owner.fetch("SELECT id FROM payment WHERE status = 'capturing'"):
                await worker.settle_payment(row["id"])
            again = await send_all(another, requests)
        await killable_api.kill()
        for name, (request, _) in requests.items():
            assert len(came[name] | again[name]) == 1, (name, came[name], again[name])
            assert await state(practice.owner, request) == wanted[name], name


async def test_killed_during_the_transaction_it_has_done_nothing(
    killable_api: KillableApi, practice: Practice, client: AsyncClient
) -> None:
    undisturbed, request, key = await practice.booking(), await practice.booking(), new_key()
    await undisturbed.send(client)
    async with await killable_api.start() as killed:
        async with practice.owner.transaction():
            await practice.owner.execute("LOCK TABLE notification")
            sending = asyncio.create_task(request.send(killed, key))
            await eventually(partial(practice.owner.fetchval, SOMEBODY_WAITS))
            await killable_api.kill()
        (lost,) = await asyncio.gather(sending, return_exceptions=True)
    assert isinstance(lost, httpx.TransportError)
    async with await killable_api.start() as another:
        answer = await request.send(another, key)
        assert (answer.status_code, REPLAYED in answer.headers) == (201, False)
        assert (await request.send(another, key)).content == answer.content
    assert await state(practice.owner, request) == await state(practice.owner, undisturbed)


async def test_killed_after_the_commit_it_repeats_its_answer(killable_api: KillableApi, practice: Practice) -> None:
    request, key = await practice.booking(), new_key()
    async with await killable_api.start() as killed:
        lost = await request.send(killed, key)
        await killable_api.kill()
    done = await state(practice.owner, request)
    async with await killable_api.start() as another:
        answer = await request.send(another, key)
    assert (answer.status_code, answer.content) == (201, lost.content)
    assert answer.headers[REPLAYED] == "true"
    assert await state(practice.owner, request) == done
