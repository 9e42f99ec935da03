"""appointment_doctor_no_overlap and appointment_patient_no_overlap: neither side has two appointments at once."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.db.refusals import at_once, refused
from tests.support.factories import SLOT, a_slot, book, make_doctor, make_patient, make_patients, past_appointment
from tests.support.servers.databases import Database

INSERT = "INSERT INTO appointment (doctor_id, patient_id, during) VALUES ($1, $2, $3)"


@pytest.mark.proves("appointment_doctor_no_overlap")
async def test_one_doctor_one_slot(owner: Connection, app: Connection, admin: Connection) -> None:
    doctor, first, second = await make_doctor(owner), *await make_patients(owner, 2)
    await book(app, first, doctor, a_slot())
    with refused("appointment_doctor_no_overlap"):
        await book(app, second, doctor, a_slot())
    for writer in (owner, admin):
        with refused("appointment_doctor_no_overlap"):
            await writer.execute(INSERT, doctor, second, asyncpg.Range(a_slot(), a_slot(1)))
    await book(app, second, doctor, a_slot(1))  # adjacent slots do not overlap


@pytest.mark.proves("appointment_doctor_no_overlap")
async def test_overlapping_times_that_are_not_equal(owner: Connection, app: Connection) -> None:
    """After a doctor's slots have become longer, a new slot may overlap an earlier appointment."""
    doctor, first, second = await make_doctor(owner), *await make_patients(owner, 2)
    await book(app, first, doctor, a_slot(1))
    await owner.execute("UPDATE doctor SET slot_minutes = 60 WHERE account_id = $1", doctor)
    with refused("appointment_doctor_no_overlap"):
        await book(app, second, doctor, a_slot())


@pytest.mark.proves("appointment_patient_no_overlap")
async def test_one_patient_one_place(owner: Connection, app: Connection, admin: Connection) -> None:
    here, there, patient = (
        await make_doctor(owner),
        await make_doctor(owner, slot_minutes=60),
        await make_patient(owner),
    )
    await book(app, patient, here, a_slot(1))
    with refused("appointment_patient_no_overlap"):
        await book(app, patient, there, a_slot())
    for writer in (owner, admin):
        with refused("appointment_patient_no_overlap"):
            await writer.execute(INSERT, there, patient, asyncpg.Range(a_slot(), a_slot(2)))
    await book(app, patient, there, a_slot(2))


@pytest.mark.proves("appointment_doctor_no_overlap", "appointment_patient_no_overlap")
async def test_with_triggers_off_the_constraints_hold(owner: Connection, root: Connection) -> None:
    """For each active status of the first appointment. An offered one has no patient."""
    start, overlapping = a_slot(), a_slot() + SLOT / 2
    for status in ("offered", "pending", "confirmed"):
        doctor, elsewhere = await make_doctor(owner), await make_doctor(owner)
        patient, other = await make_patients(owner, 2)
        first = None if status == "offered" else patient
        await past_appointment(root, doctor, first, start=start, status=status, hold_expires_at=start)
        with refused("appointment_doctor_no_overlap"):
            await past_appointment(root, doctor, other, start=overlapping, seat=2, hold_expires_at=start)
        if first:
            with refused("appointment_patient_no_overlap"):
                await past_appointment(root, elsewhere, first, start=overlapping, hold_expires_at=start)


@pytest.mark.proves("appointment_patient_no_overlap")
async def test_one_patient_booking_everywhere_at_once(database: Database, owner: Connection) -> None:
    doctors, patient = [await make_doctor(owner) for _ in range(12)], await make_patient(owner)
    calls = [(patient, doctor, a_slot()) for doctor in doctors]
    outcomes = await at_once(database.app, "SELECT * FROM book($1, $2, $3)", calls)
    assert outcomes == ["", *["appointment_patient_no_overlap"] * 11]
    assert await owner.fetchval("SELECT count(*) FROM appointment WHERE patient_id = $1", patient) == 1


async def test_a_freed_slot_can_be_booked_again(owner: Connection, app: Connection) -> None:
    doctor, first, second = await make_doctor(owner), *await make_patients(owner, 2)
    appointment = await book(app, first, doctor, a_slot())
    await app.fetch("SELECT * FROM cancel_as_patient($1, $2)", first, appointment)
    assert await book(app, second, doctor, a_slot()) != appointment


async def test_a_lapsed_hold_frees_its_doctor_and_its_patient(
    owner: Connection, app: Connection, root: Connection
) -> None:
    doctors, patients = [await make_doctor(owner), await make_doctor(owner)], await make_patients(owner, 2)
    lapsed = await past_appointment(
        root, doctors[0], patients[0], start=a_slot(), hold_expires_at=datetime.now(UTC) - timedelta(seconds=1)
    )
    await book(app, patients[0], doctors[1], a_slot())  # the patient may book another doctor at that time
    await book(app, patients[1], doctors[0], a_slot())  # and another patient may book the slot
    assert await owner.fetchval("SELECT status FROM appointment WHERE id = $1", lapsed) == "expired"


@pytest.mark.parametrize("during", ["[]", "()", "(]", "empty", "[,infinity)"])
async def test_a_slot_is_a_half_open_bounded_range(owner: Connection, during: str) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    text = {
        "empty": "empty",
        "[,infinity)": f"[{a_slot().isoformat()},infinity)",
    }.get(during, f"{during[0]}{a_slot().isoformat()},{a_slot(1).isoformat()}{during[-1]}")
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        await owner.execute(INSERT.replace("$3", "$3::text::tstzrange"), doctor, patient, text)
    assert caught.value.constraint_name in {
        "appointment_during_valid",
        "appointment_within_working_hours",
        "appointment_booking_window",
    }
