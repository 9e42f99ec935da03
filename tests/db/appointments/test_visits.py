"""record_visit: after the start, the doctor records whether the patient came."""

import pytest
from asyncpg import Connection

from tests.support.db.offers import SWEEP, free, offers, waiting
from tests.support.db.past_visits import ago, visit
from tests.support.db.refusals import refused
from tests.support.factories import a_slot, book, make_booking, make_doctor, make_patient
from tests.support.servers.databases import Database

RECORD = "SELECT status FROM record_visit($1, $2, $3)"


@pytest.mark.parametrize("began", [1, 1440])
async def test_during_and_after_a_visit(owner: Connection, app: Connection, database: Database, began: int) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    appointment = await visit(database, doctor, patient, ago(minutes=began))
    for status in ("no_show", "completed", "no_show"):
        for _ in range(2):  # recording it again is allowed
            assert await app.fetchval(RECORD, doctor, appointment, status) == status
    (row,) = await owner.fetch("SELECT seat, version FROM appointment WHERE id = $1", appointment)
    assert tuple(row) == (None, 4)


async def test_a_swept_visit_may_be_completed(owner: Connection, app: Connection, database: Database) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    appointment = await visit(database, doctor, patient, ago(days=1))
    await app.execute("SELECT sweep_doctor($1)", doctor)
    assert await app.fetchval(RECORD, doctor, appointment, "completed") == "completed"


@pytest.mark.parametrize("outcome", ["completed", "no_show"])
async def test_the_seat_of_an_early_end_is_offered(
    owner: Connection, app: Connection, database: Database, outcome: str
) -> None:
    doctor, patient, other = await make_doctor(owner, max_appointments=1), await make_patient(owner), a_slot(3)
    began = await visit(database, doctor, patient, ago(minutes=10))
    (waits,) = await waiting(app, doctor, 1)
    assert await app.fetchval(RECORD, doctor, began, outcome) == outcome
    assert await free(app, doctor) == []  # the seat is reserved until the next sweep ...
    with refused("appointment_doctor_cap"):
        await book(app, patient, doctor, other)
    assert doctor in [row["doctor_id"] for row in await app.fetch("SELECT doctor_id FROM doctor_to_sweep")]
    await app.execute(SWEEP, doctor)  # ... which offers it
    assert list(await offers(owner, doctor)) == [waits]


@pytest.mark.proves("appointment_status_transition")
@pytest.mark.parametrize("written", [{"status": "completed", "seat": None}, {"status": "confirmed"}])
async def test_a_visit_is_not_corrected_after_a_week(
    owner: Connection, app: Connection, database: Database, written: dict[str, str | None]
) -> None:
    """Whether or not a sweep has completed it."""
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    old = await visit(database, doctor, patient, ago(days=8), **written)
    with refused("appointment_status_transition"):
        await app.fetch(RECORD, doctor, old, "no_show")
    assert await app.fetchval(RECORD, doctor, old, "completed") == "completed"


@pytest.mark.proves("appointment_status_transition")
@pytest.mark.parametrize("end", [{"status": "expired"}, {"status": "canceled", "canceled_by": "patient"}])
async def test_an_ended_or_future_visit_has_no_outcome(
    owner: Connection, app: Connection, database: Database, end: dict[str, str]
) -> None:
    doctor, (of_ahead, patient, ahead) = await make_doctor(owner), await make_booking(owner, app, fee=0)
    ended = await visit(database, doctor, patient, ago(days=1), seat=None, **end)
    for who, appointment in ((doctor, ended), (of_ahead, ahead)):
        for outcome in ("completed", "no_show"):
            with refused("appointment_status_transition"):
                await app.fetch(RECORD, who, appointment, outcome)


async def test_another_doctor_s_visit_is_not_found(owner: Connection, app: Connection, database: Database) -> None:
    doctor, other, patient = await make_doctor(owner), await make_doctor(owner), await make_patient(owner)
    appointment = await visit(database, doctor, patient, ago(days=1))
    assert await app.fetch(RECORD, other, appointment, "no_show") == []
    assert await owner.fetchval("SELECT status FROM appointment WHERE id = $1", appointment) == "confirmed"
