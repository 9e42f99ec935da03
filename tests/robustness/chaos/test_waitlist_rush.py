"""Fifty patients and three workers, some of which are killed: each freed slot ends claimed or released, exactly once.

`./task soak:waitlist` runs 200 rounds instead of three.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection

from app.db.driver import is_retryable
from app.domain.rules import RULES
from tests.robustness.interleaving.player import error_name
from tests.support.db.invariants import RECORD, broken
from tests.support.db.offers import BEFORE, CANCEL, CLAIM, DECLINE, LATER, LIVE, full_doctor, on_offer, waiting
from tests.support.factories import a_slot, make_patients
from tests.support.servers.databases import Database, execute
from tests.support.servers.worker_process import WorkerProcess, eventually
from tests.workers.conftest import StartWorker

ROUNDS = int(os.environ.get("BOOKING_SOAK_ROUNDS", "3"))
SEATS, WAITING, STRANGERS = 4, 40, 6
PLACES = """
    SELECT a.status, count(*) FILTER (WHERE o.status = 'accepted') AS claims, count(*) FILTER (WHERE o.status IN ('queued', 'sent')) AS open
    FROM appointment AS a INNER JOIN offer AS o ON o.appointment_id = a.id WHERE a.doctor_id = $1 GROUP BY a.id
"""
ACTIVE = "SELECT count(*) FROM appointment WHERE doctor_id = $1 AND seat IS NOT NULL"


@pytest_asyncio.fixture
async def clock(database: Database) -> AsyncIterator[Connection]:
    """A connection without triggers, which makes rows older in order to let time pass."""
    connection = await asyncpg.connect(database.superuser, server_settings={"session_replication_role": "replica"})
    yield connection
    await connection.close()


class Rush:
    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self.pool = pool
        self.tally: Counter[str] = Counter()

    async def act(self, statement: str, *arguments: object) -> None:
        """Run a statement as the API does, with its retries. Count the outcome."""
        await asyncio.sleep(random.random() * 0.5)
        for _ in range(8):
            try:
                await self.pool.fetch(statement, *arguments)
            except asyncpg.PostgresError as error:
                self.tally[error_name(error)] += 1
                if is_retryable(error):
                    continue
            else:
                self.tally["done"] += 1
            return
        raise TimeoutError(statement)

    async def answer(self, doctor: int, patient: int) -> None:
        """Wait some seconds for an offer, then accept, decline or ignore it."""
        for _ in range(5):
            await asyncio.sleep(random.random())
            made = {row["patient_id"]: row["id"] for row in await self.pool.fetch(LIVE, doctor)}
            if patient in made and (choice := random.choice([CLAIM, CLAIM, DECLINE, None])):
                await self.act(choice, patient, made[patient])
                return


async def a_round(rush: Rush, owner: Connection) -> int:
    """Cancel all appointments of a full doctor while all other patients try to get the slots; return the doctor."""
    doctor, holder, appointments = await full_doctor(owner, seats=SEATS, fee=random.choice([0, 100]))
    entrants, strangers = await waiting(owner, doctor, WAITING), await make_patients(owner, STRANGERS)
    await asyncio.gather(
        *(rush.act(CANCEL, holder, appointment) for appointment in appointments),
        *(rush.answer(doctor, patient) for patient in entrants),
        *(rush.act("SELECT * FROM book($1, $2, $3)", p, doctor, a_slot(n % SEATS)) for n, p in enumerate(strangers)),
    )
    return doctor


async def settle(clock: Connection, doctor: int) -> bool:
    """Let an hour pass. Return whether no slot is on offer any more."""
    async with clock.transaction():
        await clock.execute("SELECT FROM doctor WHERE account_id = $1 FOR UPDATE", doctor)
        last = await clock.fetchval("SELECT nextval('recorded_at')")
        for statement in (LATER, BEFORE):
            await clock.execute(statement, doctor, timedelta(hours=1))
        # the changes above are not acts, so their records are deleted
        await clock.execute("DELETE FROM recorded WHERE doctor_id = $1 AND n > $2", doctor, last)
    await asyncio.sleep(1)
    return not await on_offer(clock, doctor)


async def replace(workers: list[WorkerProcess]) -> None:
    victim = random.choice(workers)
    await victim.kill()
    await victim.start()


@pytest.mark.timeout(0 if ROUNDS > 20 else 1800)
async def test_each_place_ends_claimed_or_released(
    database: Database, owner: Connection, clock: Connection, make_worker: StartWorker
) -> None:
    await execute(database.superuser, RECORD)
    workers = [make_worker() for _ in range(3)]
    for worker in workers:
        await worker.start()
    async with asyncpg.create_pool(database.app, min_size=8, max_size=8) as pool:
        rush = Rush(pool)
        for number in range(ROUNDS):
            doctor, _ = await asyncio.gather(a_round(rush, owner), replace(workers) if number % 2 else asyncio.sleep(0))
            assert await owner.fetchval(ACTIVE, doctor) <= SEATS
            # a sweep begins each of some six waves; the sweep of a killed worker blocks the next ones for half a minute
            await eventually(partial(settle, clock, doctor), seconds=300)
            places = await owner.fetch(PLACES, doctor)
            assert places
            for place in places:
                assert (place["claims"], place["open"]) == (int(place["status"] != "released"), 0), place
            assert await owner.fetchval(ACTIVE, doctor) <= SEATS
            assert not await broken(owner, [doctor], cap=SEATS)
    assert {"done", "appointment_doctor_no_overlap"} <= rush.tally.keys() <= {"done", "40001", *RULES}, rush.tally
