"""`one_transaction` runs its statements in one transaction, and refusals and retries concern single statements."""

import asyncio
from collections import Counter

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.driver import fetch, one_transaction
from app.domain.appointments.repository import BOOK, CANCEL_AS_PATIENT
from app.domain.schedule.repository import ADD_TIME_OFF
from tests.support.db.refusals import refused
from tests.support.db.retries import count_retries, fetch_amid_a_deadlock
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.servers.databases import Database, execute
from tests.support.servers.worker_process import eventually


@pytest_asyncio.fixture(autouse=True)
async def _settings(database: Database) -> None:
    """Detect deadlocks early, and set another default isolation level, as an administrator may."""
    name = database.superuser.rpartition("/")[2]
    await execute(
        database.superuser,
        f"ALTER DATABASE {name} SET deadlock_timeout = '500ms'",
        f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'",
    )


async def backend(engine: AsyncEngine) -> int:
    """Return the process id of the next connection's backend, which must not be in a transaction."""
    async with engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        assert not driver.is_in_transaction()
        pid: int = driver.get_server_pid()
        return pid


async def bookings(owner: Connection, doctor: int) -> int:
    """Return how many appointments a doctor has."""
    number: int = await owner.fetchval("SELECT count(*) FROM appointment WHERE doctor_id = $1", doctor)
    return number


async def test_no_change_is_visible_before_the_commit(engine: AsyncEngine, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    async with one_transaction(engine):
        for number in range(2):
            await fetch(engine, BOOK, patient, doctor, a_slot(number))
            assert await bookings(owner, doctor) == 0
    assert await bookings(owner, doctor) == 2


async def test_an_exception_undoes_it(engine: AsyncEngine, owner: Connection) -> None:
    doctor, patient, pid = await make_doctor(owner), await make_patient(owner), await backend(engine)

    async def fail() -> None:
        async with one_transaction(engine):
            await fetch(engine, BOOK, patient, doctor, a_slot())
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await bookings(owner, doctor) == 0
    assert await backend(engine) == pid


async def test_a_statement_that_is_refused_is_undone_alone(engine: AsyncEngine, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    async with one_transaction(engine):
        await fetch(engine, BOOK, patient, doctor, a_slot())
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await fetch(engine, BOOK, patient, doctor, a_slot())
        await fetch(engine, BOOK, patient, doctor, a_slot(1))
    assert await bookings(owner, doctor) == 2


async def test_a_deadlock_repeats_only_its_statement(
    engine: AsyncEngine, owner: Connection, root: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cancellation has locked the doctor and waits for the appointment; psql holds it and waits for the doctor."""
    retries: Counter[str] = count_retries(monkeypatch)
    doctor, elsewhere, patient = await make_doctor(owner), await make_doctor(owner), await make_patient(owner)
    appointment = await book(owner, patient, doctor, a_slot())
    async with one_transaction(engine):
        await fetch(engine, BOOK, patient, elsewhere, a_slot(1))
        canceling = fetch(engine, CANCEL_AS_PATIENT, patient, appointment)
        (canceled,) = await fetch_amid_a_deadlock(owner, root, doctor, appointment, canceling)
    assert canceled["status"] == "canceled"
    # the retried cancellation may lock the doctor before psql does, and be the victim again
    assert retries.keys() == {"40P01"}
    assert await bookings(owner, elsewhere) == 1


async def test_a_canceled_task_rolls_back(engine: AsyncEngine, owner: Connection) -> None:
    doctor, patient, pid = await make_doctor(owner), await make_patient(owner), await backend(engine)
    booked = asyncio.Event()

    async def dawdle() -> None:
        async with one_transaction(engine):
            await fetch(engine, BOOK, patient, doctor, a_slot())
            booked.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(dawdle())
    await booked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await backend(engine) != pid
    await eventually(lambda: owner.fetchval("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)", pid))
    assert await bookings(owner, doctor) == 0


async def test_an_idle_transaction_is_ended(engine: AsyncEngine) -> None:
    (row,) = await fetch(engine, "SELECT current_setting('idle_in_transaction_session_timeout') AS longest")
    assert row["longest"] == "12s"


async def test_what_a_commit_would_refuse_is_refused_at_once(engine: AsyncEngine, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    await book(owner, patient, doctor, a_slot())
    away: tuple[object, ...] = (doctor, a_slot(), a_slot(1), None)
    async with one_transaction(engine):
        with refused("time_off_no_appointment"):
            await fetch(engine, ADD_TIME_OFF, *(*away, False))
        await fetch(engine, ADD_TIME_OFF, *(*away, True))  # inserts the time off, then cancels the appointments in it
    assert await owner.fetchval("SELECT status FROM appointment WHERE doctor_id = $1", doctor) == "canceled"
