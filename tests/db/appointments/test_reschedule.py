"""A move is checked like a booking, keeps the seat and the hold, and never extends the cancellation deadline."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.db.refusals import refused
from tests.support.factories import a_slot, book, make_booking, make_doctor, make_patient, past_appointment

MOVE = "SELECT * FROM reschedule_as_patient($1, $2, $3)"
MOVE_AS_DOCTOR = "SELECT * FROM reschedule_as_doctor($1, $2, $3, false)"
CANCEL = "SELECT * FROM cancel_as_patient($1, $2)"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


async def row_of(db: Connection, appointment: int) -> asyncpg.Record:
    """Return an appointment's row."""
    (row,) = await db.fetch("SELECT *, lower(during) AS starts_at FROM appointment WHERE id = $1", appointment)
    return row


@pytest.mark.proves("appointment_cancel_notice")
async def test_moving_away_gives_no_right_to_cancel(owner: Connection, app: Connection) -> None:
    _, patient, appointment = await make_booking(owner, app, a_slot(after=2 * DAY))
    await app.fetch(MOVE, patient, appointment, a_slot(after=10 * DAY))
    with refused("appointment_cancel_notice"):
        await app.fetch(CANCEL, patient, appointment)


@pytest.mark.proves("appointment_cancel_notice")
async def test_moving_nearer_brings_the_deadline_nearer(owner: Connection, app: Connection) -> None:
    _, patient, appointment = await make_booking(owner, app, a_slot(after=10 * DAY))
    for days in (5, 9, 2):
        await app.fetch(MOVE, patient, appointment, a_slot(after=days * DAY))
        row = await row_of(owner, appointment)
        assert row["cancel_deadline"] == a_slot(after=min(days, 5) * DAY) - 3 * DAY
    with refused("appointment_cancel_notice"):
        await app.fetch(CANCEL, patient, appointment)


async def test_a_doctor_s_move_gives_a_fresh_right_to_cancel(owner: Connection, app: Connection) -> None:
    doctor, patient, appointment = await make_booking(owner, app, a_slot(after=2 * DAY))
    await app.fetch(MOVE_AS_DOCTOR, doctor, appointment, a_slot(after=DAY))
    row = await row_of(owner, appointment)
    assert row["cancel_deadline"] == row["starts_at"]
    assert (await app.fetch(CANCEL, patient, appointment))[0]["status"] == "canceled"


@pytest.mark.proves("appointment_hold_has_end")
async def test_a_move_never_extends_a_hold(owner: Connection, app: Connection) -> None:
    doctor, patient = await make_doctor(owner, slot_minutes=5), await make_patient(owner)
    soon = await app.fetchval("SELECT min(starts_at) FROM free_slots($1, '-infinity', 'infinity')", doctor)
    soon += timedelta(minutes=5)  # does not pass during the test, and is earlier than the end of a new hold
    appointment = await book(app, patient, doctor, a_slot())
    await app.fetch(MOVE, patient, appointment, soon)
    assert (await row_of(owner, appointment))["hold_expires_at"] == soon
    await app.fetch(MOVE, patient, appointment, a_slot())
    assert (await row_of(owner, appointment))["hold_expires_at"] == soon


@pytest.mark.proves(
    "appointment_booking_window",
    "appointment_within_working_hours",
    "appointment_doctor_no_overlap",
    "appointment_patient_no_overlap",
)
async def test_the_new_place_is_checked_like_the_first(owner: Connection, app: Connection) -> None:
    doctor, elsewhere, patient = await make_doctor(owner), await make_doctor(owner), await make_patient(owner)
    appointment = await book(app, patient, doctor, a_slot())
    await book(app, await make_patient(owner), doctor, a_slot(1))
    await book(app, patient, elsewhere, a_slot(2))
    before = await row_of(owner, appointment)
    for start, rule in (
        (a_slot(after=15 * DAY), "appointment_booking_window"),
        (a_slot() + timedelta(minutes=1), "appointment_within_working_hours"),
        (a_slot(1), "appointment_doctor_no_overlap"),
        (a_slot(2), "appointment_patient_no_overlap"),
    ):
        for statement, actor in ((MOVE, patient), (MOVE_AS_DOCTOR, doctor)):
            with refused(rule):
                await app.fetch(statement, actor, appointment, start)
    assert await row_of(owner, appointment) == before


async def test_a_move_to_where_it_is_changes_nothing(owner: Connection, app: Connection) -> None:
    doctor, patient, appointment = await make_booking(owner, app)
    before = await row_of(owner, appointment)
    for statement, actor in ((MOVE, patient), (MOVE_AS_DOCTOR, doctor)):
        assert (await app.fetch(statement, actor, appointment, a_slot()))[0]["id"] == appointment
    assert await row_of(owner, appointment) == before
    assert not await owner.fetch("SELECT FROM notification WHERE appointment_id = $1", appointment)


@pytest.mark.proves("appointment_status_transition")
async def test_begun_and_lapsed_appointments_do_not_move(owner: Connection, app: Connection, root: Connection) -> None:
    doctor, patient, now = await make_doctor(owner), await make_patient(owner), datetime.now(UTC)
    lapsed = await past_appointment(root, doctor, patient, start=a_slot(), hold_expires_at=now)
    begun = await past_appointment(root, doctor, patient, start=now - MINUTE, status="confirmed", seat=2)
    for appointment in (lapsed, begun):
        was = (await row_of(owner, appointment))["starts_at"]
        for start in (was, a_slot(2)):
            for statement, actor in ((MOVE, patient), (MOVE_AS_DOCTOR, doctor)):
                with refused("appointment_status_transition"):
                    await app.fetch(statement, actor, appointment, start)


async def test_a_move_needs_no_further_seat_and_no_further_hold(owner: Connection, app: Connection) -> None:
    await owner.execute("UPDATE policy SET patient_hold_limit = 1")
    _, patient, appointment = await make_booking(owner, app, max_appointments=1, fee=9)
    before = await row_of(owner, appointment)
    await app.fetch(MOVE, patient, appointment, a_slot(1))
    after = await row_of(owner, appointment)
    assert after["starts_at"] == a_slot(1)
    for column in ("id", "seat", "status", "fee", "hold_expires_at", "patient_id"):
        assert after[column] == before[column]
