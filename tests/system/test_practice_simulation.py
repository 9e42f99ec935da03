"""Half a day of a practice in seconds, on a fast clock: every answer is that of the model.

`./task soak:fortnight` simulates two weeks. BOOKING_SOAK_DAYS and BOOKING_SOAK_SPEED set the time and the speed.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection

from tests.robustness.model.model_postgres import Run
from tests.robustness.model.practice_simulation import PracticeSimulation
from tests.robustness.model.random_acts import ACTS
from tests.robustness.model.real_time import RealTimePostgres
from tests.support.db.invariants import RECORD
from tests.support.servers.databases import Database, database_at, execute, make_template
from tests.system.faketime import fast_postgres

DAYS = float(os.environ.get("BOOKING_SOAK_DAYS", "0.5"))
SPEED = int(os.environ.get("BOOKING_SOAK_SPEED", "5000"))
NOW = "SELECT clock_timestamp()"

# Refusals that two weeks must include.
REFUSALS = {
    "appointment_booking_window",
    "appointment_within_working_hours",
    "appointment_doctor_no_overlap",
    "appointment_patient_no_overlap",
    "appointment_patient_hold_limit",
    "appointment_doctor_cap",
    "appointment_cancel_notice",
    "appointment_status_transition",
    "time_off_no_appointment",
    "working_hours_cover_appointments",
    "waitlist_desired_date_window",
    "waitlist_only_when_full",
}


@pytest_asyncio.fixture(scope="module")
async def database(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    async with fast_postgres(tmp_path_factory.mktemp("fast"), SPEED) as superuser:
        database = database_at(superuser, await make_template(superuser))
        await execute(database.superuser, RECORD, os.environ.get("BOOKING_TEST_MUTATION", "SELECT"))
        yield database


async def test_all_sessions_share_one_clock(database: Database) -> None:
    sessions: list[Connection] = []
    looks: list[datetime] = []
    for _ in range(4):
        sessions.append(await asyncpg.connect(database.superuser))
        looks += [await session.fetchval(NOW) for session in (*sessions, *reversed(sessions))]
        await asyncio.sleep(0.1)
    assert looks == sorted(looks)
    for session in sessions:
        await session.close()


async def test_the_clock_is_as_fast_as_it_should_be(owner: Connection) -> None:
    started = time.time()
    first = await owner.fetchval(NOW)
    looked = time.time()
    await asyncio.sleep(0.5)
    looks_again = time.time()
    passed = await owner.fetchval(NOW) - first
    ended = time.time()
    assert (looks_again - looked) * SPEED - 1 <= passed.total_seconds() <= (ended - started) * SPEED + 1


def test_every_answer_is_that_of_the_model(
    database: Database, app: Connection, admin: Connection, run_async: Run, request: pytest.FixtureRequest
) -> None:
    superuser = run_async(asyncpg.connect(database.superuser))
    PracticeSimulation.postgres = RealTimePostgres(app, admin, superuser, run_async)
    practice = PracticeSimulation(SPEED)
    try:
        practice.live(timedelta(days=DAYS))
    finally:
        for line in practice.report():
            request.config.get_terminal_writer().line(line)
    assert not practice.post.given_up_early()
    if DAYS >= 14:
        assert {name for name, word in practice.tally if word in ("done", "no row", "answered")} == {*ACTS}
        assert {word for _, word in practice.tally} >= REFUSALS
        assert practice.post.statuses().keys() >= {"sent", "skipped", "failed"}
    run_async(superuser.close())
