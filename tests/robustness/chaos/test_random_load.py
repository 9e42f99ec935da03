"""All operations at once: no rule is broken, and no client sees a deadlock or a server error."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from itertools import cycle, islice
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from asyncpg import Connection

from app.api.idempotency.keys import HEADER
from app.domain.rules import RULES
from app.workers.sweep_repository import SWEEP
from tests.robustness.chaos.random_load import CAP, WEIGHTS, RandomLoad, open_practice
from tests.support.db.invariants import RECORD, broken
from tests.support.db.retries import count_retries
from tests.support.servers.databases import Database, execute

WRITERS = 32
SECONDS = float(os.environ.get("BOOKING_SOAK_SECONDS", "8"))

# Writes that take a millisecond rarely overlap. These triggers hold the locks longer.
DAWDLE = """
    CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_sleep(random() * 0.008); RETURN NEW; END $$
"""
DAWDLERS = [
    f"CREATE TRIGGER dawdle BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION dawdle()"
    for table in ("doctor", "patient", "appointment")
]
LAPSE = """
    UPDATE appointment SET hold_expires_at = clock_timestamp()
    WHERE status = 'pending' AND id = ( -- it may have changed since
        SELECT id FROM appointment WHERE status = 'pending' AND hold_expires_at > clock_timestamp()
        ORDER BY random() LIMIT 1
    )
"""


@pytest_asyncio.fixture
async def random_load(database: Database, owner: Connection) -> AsyncIterator[RandomLoad]:
    await execute(database.superuser, RECORD, DAWDLE, *DAWDLERS)
    yield await open_practice(owner)


@pytest.fixture
def retries(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The number of retries of the server, by SQLSTATE."""
    return count_retries(monkeypatch)


async def under_a_key(request: httpx.Request) -> None:
    """Send half of the requests with an Idempotency-Key, which makes them transactions of several statements."""
    if request.method == "POST" and random.random() < 0.5:
        request.headers[HEADER] = str(uuid4())


async def write(random_load: RandomLoad, client: httpx.AsyncClient, until: float) -> None:
    """Send operations until the time is up and, on a slow machine, until each kind has succeeded once."""
    while asyncio.get_running_loop().time() < until or random_load.missed:
        await random_load.act(client)


async def let_time_pass(random_load: RandomLoad, database: Database, until: float) -> None:
    """Let holds lapse, and sweep as the worker does."""
    clock = await asyncpg.connect(database.superuser, server_settings={"session_replication_role": "replica"})
    worker = await asyncpg.connect(database.app)
    while asyncio.get_running_loop().time() < until:
        await clock.execute(LAPSE)
        await worker.execute(SWEEP, random.choice(random_load.doctors))
        await asyncio.sleep(0.2)
    await clock.close()
    await worker.close()


async def audit(random_load: RandomLoad, owner: Connection, until: float) -> list[str]:
    """Return the rules that were broken at any time. Each look sees committed rows only."""
    found = []
    while asyncio.get_running_loop().time() < until:
        found += await broken(owner, random_load.doctors)
        found += await broken(owner, random_load.steady, cap=CAP)
        await asyncio.sleep(0.2)
    return found


def report(random_load: RandomLoad, retries: Counter[str]) -> list[str]:
    tally = sorted(random_load.tally.items())
    total = f"{random_load.tally.total()} requests by {WRITERS} writers in {SECONDS:.0f} s; retries: {dict(retries)}"
    return [total, *(f"{name}: { {code: n for (done, code), n in tally if done == name} }" for name in WEIGHTS)]


async def test_everything_at_once(
    random_load: RandomLoad,
    clients: list[httpx.AsyncClient],
    database: Database,
    retries: Counter[str],
    owner: Connection,
    request: pytest.FixtureRequest,
) -> None:
    for client in clients:
        client.event_hooks = {**client.event_hooks, "request": [under_a_key]}
    until = asyncio.get_running_loop().time() + SECONDS
    writers = (write(random_load, client, until) for client in islice(cycle(clients), WRITERS))
    found, *_ = await asyncio.gather(
        audit(random_load, owner, until), let_time_pass(random_load, database, until), *writers
    )
    for line in report(random_load, retries):
        request.config.get_terminal_writer().line(line)
    assert not random_load.failures
    assert retries.keys() <= {"40001"}  # no retry after a deadlock, or after two bookings of one seat
    assert {code for _, code in random_load.tally} <= {"done", "not_found", *RULES}
    assert {code for name, code in random_load.tally if name == "bulk_cancel"} == {"done"}
    assert not found
    assert not await broken(owner, random_load.doctors)
