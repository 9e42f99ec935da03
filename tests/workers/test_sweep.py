"""The sweep writes down what the clock did to one doctor after the other, whatever is the matter with one of them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import cast

import asyncpg
import pytest_asyncio

from app.db.engine import create_engine
from app.outage_log import OutageLog
from app.sandbox.mailbox.server import Mailbox
from app.workers.context import WorkerContext
from app.workers.main import CRON_JOBS
from app.workers.sweep import purge, sweep_receipts
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.mail.scenarios import address, is_settled, join
from tests.support.servers.databases import Database
from tests.support.servers.worker_process import eventually
from tests.workers.conftest import StartWorker


@pytest_asyncio.fixture
async def root(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection that no trigger heeds: the one way to let the time pass."""
    connection = await asyncpg.connect(database.superuser)
    await connection.execute("SET session_replication_role = replica")
    yield connection
    await connection.close()


async def lapsed_hold(owner: asyncpg.Connection, app: asyncpg.Connection, root: asyncpg.Connection) -> int:
    """Let a hold lapse; return its doctor."""
    doctor = await make_doctor(owner, max_appointments=1)
    hold = await book(app, await make_patient(owner), doctor, a_slot())
    await root.execute("UPDATE appointment SET hold_expires_at = now() WHERE id = $1", hold)
    return doctor


async def is_swept(owner: asyncpg.Connection, doctor: int) -> bool:
    """Whether the doctor's hold is written down as expired."""
    expired: bool = await owner.fetchval(
        "SELECT bool_and(status = 'expired') FROM appointment WHERE doctor_id = $1 AND patient_id IS NOT NULL", doctor
    )
    return expired


async def test_whoever_waits_hears_of_a_lapsed_hold(
    owner: asyncpg.Connection,
    app: asyncpg.Connection,
    root: asyncpg.Connection,
    mailbox: Mailbox,
    make_worker: StartWorker,
) -> None:
    doctor, waiting = await make_doctor(owner, max_appointments=1), await make_patient(owner)
    hold = await book(app, await make_patient(owner), doctor, a_slot())
    await join(owner, waiting, doctor)
    await root.execute("UPDATE appointment SET hold_expires_at = now() WHERE id = $1", hold)
    await make_worker().start()
    await eventually(partial(is_swept, owner, doctor))
    await eventually(partial(is_settled, owner))
    (message,) = mailbox.messages
    assert message.to == await address(owner, waiting)
    assert message.subject.startswith("Free: a slot with")


async def test_a_doctor_whom_somebody_is_booking_is_left_for_later(
    owner: asyncpg.Connection, app: asyncpg.Connection, root: asyncpg.Connection, make_worker: StartWorker
) -> None:
    busy, idle = [await lapsed_hold(owner, app, root) for _ in range(2)]
    async with owner.transaction():
        await owner.execute("UPDATE doctor SET booking_seq = booking_seq + 1 WHERE account_id = $1", busy)
        worker = make_worker()
        await worker.start()
        await eventually(partial(is_swept, app, idle))
        assert not await is_swept(app, busy)
    await eventually(partial(is_swept, app, busy))
    assert not worker.logged("doctor_not_swept")


async def test_a_doctor_who_cannot_be_swept_holds_up_no_other(
    owner: asyncpg.Connection, app: asyncpg.Connection, root: asyncpg.Connection, make_worker: StartWorker
) -> None:
    jammed, other = [await lapsed_hold(owner, app, root) for _ in range(2)]
    await owner.execute(
        f"""
        CREATE FUNCTION jam() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'jammed'; END $$;
        CREATE TRIGGER jam BEFORE UPDATE ON doctor FOR EACH ROW WHEN (NEW.account_id = {jammed}) EXECUTE FUNCTION jam();
        """
    )
    worker = make_worker()
    await worker.start()
    await eventually(partial(is_swept, owner, other))
    line = (await worker.wait_for_log("doctor_not_swept"))[0]
    assert (line["doctor"], line["error"]) == (jammed, "RaiseError P0001")


async def run(job: Callable[[WorkerContext], Awaitable[None]], database: Database) -> None:
    """Run a job that the worker has a time for."""
    engine = create_engine(database.app, application_name="booking-worker")
    context = {"database": OutageLog("postgresql"), "engine": engine}
    (found,) = [work for cron in CRON_JOBS if (work := getattr(cron.function, "__wrapped__", None)) is job]
    await found(cast(WorkerContext, context))
    await engine.dispose()


async def test_personal_data_is_forgotten_after_30_days(
    database: Database, owner: asyncpg.Connection, root: asyncpg.Connection
) -> None:
    patient = await make_patient(owner)
    await root.execute(
        "INSERT INTO notification (kind, account_id, status, outcome, created_at)"
        " SELECT 'password_changed', $1, 'failed', 'no such user', now() - make_interval(hours => 716 + n)"
        " FROM generate_series(1, 6001) AS n",  # the job takes more than one step
        patient,
    )
    await run(purge, database)
    assert await owner.fetchval("SELECT count(*) FROM notification WHERE outcome IS NOT NULL") == 3


async def test_receipts_are_forgotten_after_a_day(database: Database, owner: asyncpg.Connection) -> None:
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
