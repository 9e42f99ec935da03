"""Slots that a schedule change frees are offered to the waitlist, and slots that it removes are withdrawn."""

from datetime import datetime, timedelta

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.db.offers import (
    CLAIM,
    JOIN,
    SWEEP,
    free,
    freed_slot,
    full_doctor,
    offers,
    on_offer,
    statuses,
    waiting,
)
from tests.support.db.payments import lapse
from tests.support.db.refusals import refused
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.servers.databases import Database

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
MORE_HOURS = "INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute) VALUES ($1, $2, 660, 690)"
TAKE_OFF = "SELECT * FROM add_time_off($1, $2, $3, NULL, false)"


@pytest.mark.proves("tg_doctor__waitlist", "tg_offer__entry")
async def test_a_higher_cap_is_offered_and_a_lower_one_withdrawn(owner: Connection, app: Connection) -> None:
    doctor, _, _ = await full_doctor(owner, seats=1)
    (patient,) = await waiting(app, doctor, 1)
    await owner.execute("UPDATE doctor SET max_appointments = 2 WHERE account_id = $1", doctor)
    assert list(await offers(owner, doctor)) == [patient]
    assert await free(app, doctor) == []
    await owner.execute("UPDATE doctor SET max_appointments = 1 WHERE account_id = $1", doctor)
    assert await on_offer(owner, doctor) == []
    assert await statuses(owner, doctor) == ["waiting"]


async def one_slot_a_week(owner: Connection, app: Connection) -> tuple[int, int, dict[datetime, int]]:
    """Return a doctor with one slot a week, the patient of both bookable slots, and the appointments by start."""
    start = (a_slot() + timedelta(days=1)).replace(hour=10, minute=0)
    doctor = await make_doctor(owner, hours=((start.isoweekday(), 600, 630),), fee=0)
    holder, starts = await make_patient(owner), (start, start + WEEK)
    return doctor, holder, {at: await book(app, holder, doctor, at) for at in starts}


async def test_a_slot_that_enters_the_window_is_offered(owner: Connection, app: Connection) -> None:
    doctor, _, appointments = await one_slot_a_week(owner, app)
    await waiting(app, doctor, 1)
    comes = max(appointments) + WEEK
    then = comes - timedelta(hours=360)
    for at, owed in ((then - timedelta(seconds=1), []), (then, [comes])):
        reserved = await owner.fetchval("SELECT reserved_slots($1, $2)", doctor, at)
        assert [slot.lower for slot in reserved] == owed
        assert await owner.fetchval("SELECT waitlist_is_due($1, $2)", doctor, at) is bool(owed)
        assert await owner.fetch("SELECT FROM free_slots($1, '-infinity', 'infinity', $2)", doctor, at) == []


@pytest.mark.proves("tg_appointment__waitlist")
@pytest.mark.parametrize(
    "call", ["as_patient($1, $2, $3)", "as_doctor($1, $2, $3, false)", "as_doctor($1, $2, $3, true)"]
)
async def test_the_old_slot_of_a_move_is_offered_unless_blocked(owner: Connection, app: Connection, call: str) -> None:
    doctor, holder, appointments = await one_slot_a_week(owner, app)
    (start, appointment), (later, other) = appointments.items()
    patient = await make_patient(owner)
    await app.fetch(JOIN, patient, doctor, start.date())
    await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, NULL, false)", doctor, other)
    caller = holder if "patient" in call else doctor
    assert await app.fetch(f"SELECT * FROM reschedule_{call}", caller, appointment, later)
    assert list(await offers(owner, doctor)) == ([] if "true" in call else [patient])
    assert await on_offer(owner, doctor) == ([] if "true" in call else [start])
    assert await free(app, doctor) == []


async def test_an_admin_may_sweep_as_the_worker_does(database: Database, owner: Connection, admin: Connection) -> None:
    doctor, _, (hold,) = await full_doctor(owner, fee=100)
    (patient,) = await waiting(owner, doctor, 1)
    await lapse(database, hold)
    assert await offers(owner, doctor) == {}
    await admin.execute(SWEEP, doctor)
    assert list(await offers(owner, doctor)) == [patient]


async def away_in_the_morning(owner: Connection, app: Connection) -> tuple[int, int, datetime]:
    """Return a doctor with one hour a week and time off in it, a waiting patient, and the start of the hour."""
    start = (a_slot() + timedelta(days=1)).replace(hour=10, minute=0)
    doctor = await make_doctor(owner, hours=((start.isoweekday(), 600, 660),), fee=0)
    for day in (start, start + timedelta(days=7)):
        await app.fetch(TAKE_OFF, doctor, day, day + HOUR)
    (patient,) = await waiting(app, doctor, 1)
    return doctor, patient, start


@pytest.mark.proves("tg_time_off__waitlist")
async def test_deleted_time_off_is_offered(owner: Connection, app: Connection) -> None:
    doctor, patient, start = await away_in_the_morning(owner, app)
    time_off = await owner.fetchval("SELECT min(id) FROM time_off WHERE doctor_id = $1", doctor)
    await app.fetch("SELECT * FROM delete_time_off($1, $2)", doctor, time_off)
    assert list(await offers(owner, doctor)) == [patient]
    assert await on_offer(owner, doctor) == [start]
    assert await free(app, doctor) == [start + timedelta(minutes=30)]


@pytest.mark.proves("tg_time_off__waitlist")
async def test_shortened_time_off_is_offered(owner: Connection, app: Connection) -> None:
    doctor, patient, start = await away_in_the_morning(owner, app)
    later = asyncpg.Range(start + HOUR / 2, start + HOUR)
    shorten = "UPDATE time_off SET during = $3 WHERE lower(during) = $1 AND doctor_id = $2"
    await owner.execute(shorten, start, doctor, later)
    assert list(await offers(owner, doctor)) == [patient]
    assert await on_offer(owner, doctor) == [start]


@pytest.mark.parametrize(
    "change",
    [
        MORE_HOURS,
        "UPDATE working_hours SET end_minute = 690 WHERE doctor_id = $1 AND weekday = $2",
    ],
)
@pytest.mark.proves("tg_working_hours__waitlist")
async def test_more_hours_are_offered(owner: Connection, app: Connection, change: str) -> None:
    doctor, patient, start = await away_in_the_morning(owner, app)
    await owner.execute(change, doctor, start.isoweekday())
    assert list(await offers(owner, doctor)) == [patient]
    assert (await on_offer(owner, doctor))[0].hour == 11


@pytest.mark.proves("tg_working_hours__waitlist")
async def test_fewer_hours_take_an_offer_back(owner: Connection, app: Connection) -> None:
    doctor, _, start = await away_in_the_morning(owner, app)
    await owner.execute(MORE_HOURS, doctor, start.isoweekday())
    await owner.execute("DELETE FROM working_hours WHERE doctor_id = $1 AND start_minute = 660", doctor)
    assert await on_offer(owner, doctor) == []


@pytest.mark.proves("offer_superseded", "tg_time_off__waitlist")
async def test_time_off_takes_an_offer_back(owner: Connection, app: Connection) -> None:
    doctor, made = await freed_slot(owner)
    ((patient, offer),) = made.items()
    await app.fetch(TAKE_OFF, doctor, a_slot(), a_slot(1))
    with refused("offer_superseded"):
        await app.fetch(CLAIM, patient, offer)
    (start,) = await on_offer(owner, doctor)
    assert start != a_slot()  # the seat is offered for another slot
