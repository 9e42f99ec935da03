"""Each freed place is offered once to every waiting patient, in the order in which the places were freed."""

from datetime import timedelta

from asyncpg import Connection

from tests.support.db.offers import (
    CANCEL,
    DECLINE,
    SWEEP,
    end_visit,
    free,
    full_doctor,
    offers,
    on_offer,
    pass_time,
    waiting,
)
from tests.support.db.refusals import refused
from tests.support.factories import a_slot, book

TAKE_OFF = "SELECT * FROM add_time_off($1, $2, $3, NULL, false)"
VISIT = "SELECT status FROM appointment WHERE id = $1"


async def test_a_late_completion_is_offered_once(owner: Connection, app: Connection, root: Connection) -> None:
    doctor, _, (appointment,) = await full_doctor(owner)
    (patient,) = await waiting(app, doctor, 1)
    await end_visit(root, appointment)
    await app.fetch(TAKE_OFF, doctor, a_slot(2), a_slot(3))
    assert await owner.fetchval(VISIT, appointment) == "completed"
    ((who, offer),) = (await offers(owner, doctor)).items()
    assert who == patient
    await app.fetch(DECLINE, patient, offer)
    assert await offers(owner, doctor) == {}
    assert a_slot(1) in await free(app, doctor)


async def test_a_corrected_visit_frees_no_place(owner: Connection, app: Connection, root: Connection) -> None:
    doctor, _, (appointment,) = await full_doctor(owner)
    (patient,) = await waiting(app, doctor, 1)
    await end_visit(root, appointment)
    await app.execute(SWEEP, doctor)
    await app.fetch(DECLINE, patient, (await offers(owner, doctor))[patient])
    await app.fetch("SELECT * FROM record_visit($1, $2, 'no_show')", doctor, appointment)
    await app.execute(SWEEP, doctor)
    assert await offers(owner, doctor) == {}


async def test_a_declining_patient_gets_the_next_place(owner: Connection, app: Connection, root: Connection) -> None:
    doctor, holder, (canceled, visit) = await full_doctor(owner, seats=2)
    (patient,) = await waiting(app, doctor, 1)
    await app.fetch(CANCEL, holder, canceled)
    await app.fetch(DECLINE, patient, (await offers(owner, doctor))[patient])
    await pass_time(root, doctor, timedelta(hours=1))
    everybodys = await free(app, doctor)
    await end_visit(root, visit)
    assert await owner.fetchval(VISIT, visit) == "confirmed"
    (owed,) = {*everybodys} - {*await free(app, doctor)}
    with refused("appointment_doctor_no_overlap"):
        await book(app, holder, doctor, owed)
    await app.execute(SWEEP, doctor)
    assert await on_offer(owner, doctor) == [owed]
    assert list(await offers(owner, doctor)) == [patient]
