"""The driver retries deadlocks and serialization failures, a limited number of times."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.driver import MAX_ATTEMPTS, fetch
from app.db.engine import create_engine
from app.domain.appointments.repository import BOOK, BULK_CANCEL, CANCEL_AS_PATIENT
from tests.support.db.refusals import triggers_off
from tests.support.db.retries import count_retries, fetch_amid_a_deadlock
from tests.support.factories import (
    SLOT,
    a_slot,
    book,
    make_booking,
    make_doctor,
    make_patient,
    make_patients,
    past_appointment,
)
from tests.support.servers.databases import Database, execute
from tests.support.servers.worker_process import eventually


@pytest_asyncio.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    """An engine with the default pool, on a database that detects deadlocks early."""
    name = database.superuser.rpartition("/")[2]
    await execute(database.superuser, f"ALTER DATABASE {name} SET deadlock_timeout = '500ms'")
    engine = create_engine(database.app, application_name="test")
    yield engine
    await engine.dispose()


@pytest.fixture
def retries(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The number of retries, by SQLSTATE."""
    return count_retries(monkeypatch)


async def test_a_deadlock_is_retried(
    engine: AsyncEngine, owner: Connection, root: Connection, retries: Counter[str]
) -> None:
    """The cancellation has locked the doctor and waits for the appointment; psql holds it and waits for the doctor."""
    doctor, patient, appointment = await make_booking(owner, owner)
    canceling = fetch(engine, CANCEL_AS_PATIENT, patient, appointment)
    (canceled,) = await fetch_amid_a_deadlock(owner, root, doctor, appointment, canceling)
    assert canceled["status"] == "canceled"
    # the retried cancellation may lock the doctor before psql does, and be the victim again
    assert retries.keys() == {"40P01"}


@asynccontextmanager
async def last_seat_being_freed(owner: Connection, root: Connection) -> AsyncIterator[int]:
    """Fill a doctor's seats and let one hold lapse; yield the doctor in a transaction that is expiring the hold."""
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    for number in range(29):
        await book(owner, patient, doctor, a_slot(number))
    lapsed = await make_patient(owner)
    await past_appointment(root, doctor, lapsed, start=a_slot(29), seat=30, hold_expires_at=datetime.now(UTC))
    elsewhere = await make_doctor(owner)
    async with owner.transaction():
        await book(owner, lapsed, elsewhere, a_slot(29))
        yield doctor


async def test_a_seat_that_is_being_freed_is_retried(
    engine: AsyncEngine, owner: Connection, root: Connection, retries: Counter[str]
) -> None:
    patient = await make_patient(owner)
    async with last_seat_being_freed(owner, root) as doctor:
        booking = asyncio.ensure_future(fetch(engine, BOOK, patient, doctor, a_slot(30)))
        await eventually(lambda: asyncio.sleep(0, bool(retries)))
    (booked,) = await booking
    assert booked["appointment_date"] == a_slot() + 30 * SLOT
    assert retries.keys() == {"40001"}


async def test_retries_are_limited(
    engine: AsyncEngine, owner: Connection, root: Connection, retries: Counter[str]
) -> None:
    patient = await make_patient(owner)
    async with last_seat_being_freed(owner, root) as doctor:
        with pytest.raises(asyncpg.SerializationError, match="Try again"):
            await fetch(engine, BOOK, patient, doctor, a_slot(30))
    assert retries == {"40001": MAX_ATTEMPTS - 1}


async def test_a_hold_may_lapse_during_a_bulk_cancellation(
    engine: AsyncEngine, owner: Connection, root: Connection, retries: Counter[str]
) -> None:
    doctor, patients = await make_doctor(owner), await make_patients(owner, 2)
    stays = await book(owner, patients[0], doctor, a_slot())
    later = datetime.now(UTC) + timedelta(minutes=1)
    hold = await past_appointment(root, doctor, patients[1], start=a_slot(1), seat=2, hold_expires_at=later)
    await root.execute(
        f"""
        CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
            PERFORM pg_sleep_until(hold_expires_at + interval '0.1 s') FROM appointment WHERE id = {hold};
            RETURN NEW;
        END $$;
        CREATE TRIGGER dawdle BEFORE UPDATE ON appointment FOR EACH ROW EXECUTE FUNCTION dawdle()
        """
    )
    soon = "UPDATE appointment SET hold_expires_at = clock_timestamp() + interval '2 s' WHERE id = $1"
    async with triggers_off(root):
        await root.execute(soon, hold)
    canceled = await fetch(engine, BULK_CANCEL, *(doctor, None, None, None, False, False))
    await root.execute("DROP TRIGGER dawdle ON appointment")
    assert [row["id"] for row in canceled] == [stays]
    assert retries == {"40001": 1}
    assert await owner.fetchval("SELECT status FROM api_appointment WHERE id = $1", hold) == "expired"
