"""The sweep records expired holds, doctor by doctor, and deletes old data."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import cast

import pytest_asyncio
from asyncpg import Connection

from app.db.engine import create_engine
from app.outage_log import OutageLog
from app.workers.context import WorkerContext
from app.workers.main import CRON_JOBS
from app.workers.sweep import purge, sweep_receipts
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.mail.scenarios import MailScenario
from tests.support.servers.databases import Database, connected
from tests.support.servers.worker_process import eventually


@pytest_asyncio.fixture
async def root(database: Database) -> AsyncIterator[Connection]:
    """A superuser's connection without triggers, to change times."""
    async with connected(database.superuser) as connection:
        await connection.execute("SET session_replication_role = replica")
        yield connection


async def lapsed_hold(scenario: MailScenario, root: Connection, waiting: int | None = None) -> int:
    """Make a hold expire, for which a patient may wait; return its doctor."""
    doctor = await make_doctor(scenario.owner, max_appointments=1)
    hold = await book(scenario.app, await make_patient(scenario.owner), doctor, a_slot())
    if waiting:
        await scenario.join(waiting, doctor)
    await root.execute("UPDATE appointment SET hold_expires_at = now() WHERE id = $1", hold)
    return doctor


async def is_swept(db: Connection, doctor: int) -> bool:
    """Whether the doctor's hold has the status expired."""
    expired: bool = await db.fetchval(
        "SELECT bool_and(status = 'expired') FROM appointment WHERE doctor_id = $1 AND patient_id IS NOT NULL", doctor
    )
    return expired


async def test_a_lapsed_hold_is_offered_to_the_waitlist(scenario: MailScenario, root: Connection) -> None:
    waiting = await make_patient(scenario.owner)
    doctor = await lapsed_hold(scenario, root, waiting)
    await scenario.start_worker()
    await eventually(partial(is_swept, scenario.owner, doctor))
    (message,) = await scenario.settled()
    assert message.to == await scenario.address(waiting)
    assert message.subject.startswith("Free: a slot with")


async def test_a_doctor_with_a_booking_in_progress_is_swept_later(scenario: MailScenario, root: Connection) -> None:
    busy, idle = [await lapsed_hold(scenario, root) for _ in range(2)]
    async with scenario.owner.transaction():
        await scenario.owner.execute("UPDATE doctor SET booking_seq = booking_seq + 1 WHERE account_id = $1", busy)
        worker = await scenario.start_worker()
        await eventually(partial(is_swept, scenario.app, idle))
        assert not await is_swept(scenario.app, busy)
    await eventually(partial(is_swept, scenario.app, busy))
    assert not worker.logged("doctor_not_swept")


async def test_a_doctor_who_cannot_be_swept_does_not_delay_others(scenario: MailScenario, root: Connection) -> None:
    jammed, other = [await lapsed_hold(scenario, root) for _ in range(2)]
    await scenario.jam("doctor", f"NEW.account_id = {jammed}")
    worker = await scenario.start_worker()
    await eventually(partial(is_swept, scenario.owner, other))
    line = (await worker.wait_for_log("doctor_not_swept"))[0]
    assert (line["doctor"], line["error"]) == (jammed, "RaiseError P0001")


async def run(job: Callable[[WorkerContext], Awaitable[None]], database: Database) -> None:
    """Run one of the worker's cron jobs."""
    engine = create_engine(database.app, application_name="booking-worker")
    context = {"database": OutageLog("postgresql"), "engine": engine}
    (found,) = [work for cron in CRON_JOBS if (work := getattr(cron.function, "__wrapped__", None)) is job]
    await found(cast(WorkerContext, context))
    await engine.dispose()


async def test_personal_data_is_deleted_after_30_days(database: Database, owner: Connection, root: Connection) -> None:
    patient = await make_patient(owner)
    await root.execute(
        "INSERT INTO notification (kind, account_id, status, outcome, created_at)"
        " SELECT 'password_changed', $1, 'failed', 'no such user', now() - make_interval(hours => 716 + n)"
        " FROM generate_series(1, 6001) AS n",  # more than one batch of the job
        patient,
    )
    await run(purge, database)
    assert await owner.fetchval("SELECT count(*) FROM notification WHERE outcome IS NOT NULL") == 3


async def test_receipts_are_deleted_after_a_day(database: Database, owner: Connection) -> None:
    patient = await make_patient(owner)
    kept = "SELECT key FROM receipt WHERE account_id = $1"
    for key, age in (("new", "23 hours 59 min"), ("old", "24 hours")):
        await owner.execute(
            "INSERT INTO receipt (account_id, route, key, fingerprint, created_at)"
            f" VALUES ($1, 'book_appointment', $2, '', now() - interval '{age}')",
            patient,
            key,
        )
    await run(sweep_receipts, database)
    assert [row["key"] for row in await owner.fetch(kept, patient)] == ["new"]
