"""Rules under concurrency: one lock for each doctor, no decision on a stale snapshot, and one clock."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.db.refusals import refused, stale
from tests.support.factories import a_slot, book, make_doctor, make_patient, make_patients, past_appointment

JOIN = "INSERT INTO waitlist_entry (doctor_id, patient_id) VALUES ({doctor}, {patient})"
AWAY = "INSERT INTO time_off (doctor_id, during) VALUES ({doctor}, '[2030-01-01,2030-01-02)')"
MORE_HOURS = "INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute) VALUES ({doctor}, 1, 0, 60)"
OF_DOCTOR = "doctor_id = {doctor}"
TAKE_OFF = "INSERT INTO time_off (doctor_id, during) VALUES ($1, $2)"


def waits(who: str, statement: str, *names: str) -> Any:
    """Return a case: a statement that must wait for the doctor's lock, and the rules or triggers that this proves."""
    return pytest.param(statement, id=who, marks=pytest.mark.proves(*names))


@pytest.mark.parametrize(
    "statement",
    [
        waits("booking", "SELECT book({patient}, {doctor}, '{start}')", "appointment_doctor_cap"),
        waits("canceling", "SELECT cancel_as_patient({patient}, {appointment})"),
        waits("joining", JOIN, "waitlist_only_when_full"),
        waits("taking time off", AWAY, "tg_time_off__lock"),
        waits("moving time off", f"UPDATE time_off SET reason = 'away' WHERE {OF_DOCTOR}", "tg_time_off__lock"),
        waits("adding hours", MORE_HOURS, "tg_working_hours__lock"),
        waits(
            "changing hours", f"UPDATE working_hours SET end_minute = 1020 WHERE {OF_DOCTOR}", "tg_working_hours__lock"
        ),
        waits("dropping hours", f"DELETE FROM working_hours WHERE {OF_DOCTOR}", "tg_working_hours__lock"),
    ],
)
async def test_a_schedule_change_waits_for_the_doctor(owner: Connection, app: Connection, statement: str) -> None:
    """Another transaction is booking with this doctor."""
    doctor, (patient, other) = await make_doctor(owner), await make_patients(owner, 2)
    appointment = await book(owner, patient, doctor, a_slot(2))
    await owner.execute(TAKE_OFF, doctor, asyncpg.Range(a_slot(8), a_slot(9)))
    await owner.execute("SET lock_timeout = '50ms'")
    async with app.transaction():
        await book(app, other, doctor, a_slot())
        names = {"patient": patient, "doctor": doctor, "appointment": appointment, "start": a_slot(1)}
        with pytest.raises(asyncpg.LockNotAvailableError):
            await owner.execute(statement.format_map(names))


@pytest.mark.proves("time_off_no_appointment", "appointment_within_working_hours")
async def test_a_booking_on_a_stale_look_at_the_schedule_fails(owner: Connection, app: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    with stale():
        async with app.transaction(isolation="repeatable_read"):
            await app.fetch("SELECT FROM doctor")
            await owner.execute(TAKE_OFF, doctor, asyncpg.Range(a_slot(), a_slot(1)))
            await book(app, patient, doctor, a_slot())


@pytest.mark.proves("time_off_no_appointment")
async def test_time_off_on_a_stale_look_at_the_bookings_fails(owner: Connection, app: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    with stale():
        async with owner.transaction(isolation="repeatable_read"):
            await owner.fetch("SELECT FROM doctor")
            await book(app, patient, doctor, a_slot())
            await owner.execute(TAKE_OFF, doctor, asyncpg.Range(a_slot(), a_slot(1)))


@pytest.mark.proves("appointment_patient_hold_limit")
async def test_a_booking_on_a_stale_look_at_the_patient_fails(owner: Connection, app: Connection) -> None:
    doctors, patient = [await make_doctor(owner) for _ in range(6)], await make_patient(owner)
    with stale():
        async with app.transaction(isolation="repeatable_read"):
            await app.fetch("SELECT FROM doctor")
            for number in range(5):
                await book(owner, patient, doctors[number], a_slot(number))
            await book(app, patient, doctors[5], a_slot(5))


@pytest.mark.proves("appointment_cancel_notice")
async def test_a_cancellation_that_waited_past_the_deadline_is_late(
    owner: Connection, app: Connection, root: Connection
) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    times = {"hold_expires_at": a_slot(), "cancel_deadline": datetime.now(UTC) + timedelta(seconds=1)}
    appointment = await past_appointment(root, doctor, patient, start=a_slot(), **times)
    async with owner.transaction():
        await owner.execute("UPDATE doctor SET booking_seq = 0 WHERE account_id = $1", doctor)
        cancel = asyncio.ensure_future(app.fetch("SELECT * FROM cancel_as_patient($1, $2)", patient, appointment))
        await asyncio.wait([cancel], timeout=1.1)
    with refused("appointment_cancel_notice"):
        await cancel
