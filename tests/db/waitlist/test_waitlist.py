"""waitlist_only_when_full, waitlist_desired_date_window, waitlist_entry_unique and the statuses of an entry."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from asyncpg import Connection

from tests.support.db.offers import full_doctor
from tests.support.db.refusals import at_once, refused
from tests.support.factories import a_slot, book, make_doctor, make_patient, make_patients
from tests.support.servers.databases import Database, connected

JOIN = "SELECT * FROM join_waitlist($1, $2, $3)"


@pytest.mark.proves("waitlist_only_when_full", "tg_waitlist_entry__rules")
async def test_joining_is_for_full_doctors(owner: Connection, app: Connection, admin: Connection) -> None:
    doctor, patient = await make_doctor(owner, max_appointments=1), await make_patient(owner)
    with refused("waitlist_only_when_full"):
        await app.fetch(JOIN, patient, doctor, None)
    for writer in (owner, admin):
        with refused("waitlist_only_when_full"):
            await writer.execute("INSERT INTO waitlist_entry (doctor_id, patient_id) VALUES ($1, $2)", doctor, patient)
    await book(app, await make_patient(owner), doctor, a_slot())
    (entry,) = await app.fetch(JOIN, patient, doctor, None)
    assert (entry["status"], entry["position"], entry["desired_date"]) == ("waiting", 1, None)


@pytest.mark.proves("waitlist_only_when_full")
async def test_a_day_may_be_full_while_others_are_not(owner: Connection, app: Connection) -> None:
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    hours = ((day.isoweekday(), 600, 630), (day.isoweekday() % 7 + 1, 600, 630))
    doctor, patient = await make_doctor(owner, hours=hours), await make_patient(owner)
    start = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
    await book(app, await make_patient(owner), doctor, start)
    await app.fetch(JOIN, patient, doctor, day)
    for other in (day + timedelta(days=1), None):
        with refused("waitlist_only_when_full"):
            await app.fetch(JOIN, patient, doctor, other)


@pytest.mark.proves("waitlist_desired_date_window")
async def test_the_day_is_the_doctor_s(owner: Connection) -> None:
    """The first and last day of the window, in the doctor's time zone."""
    doctor = await make_doctor(owner, timezone="Pacific/Auckland")  # UTC+13 in January
    at = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)  # already the 11th there
    statement = "SELECT waitlist_desired_date_window(d, $2, $3) FROM doctor AS d WHERE account_id = $1"
    for day, kept in ((10, False), (11, True), (26, True), (27, False)):
        why = await owner.fetchval(statement, doctor, date(2026, 1, day), at)
        assert (why is None) is kept, day


@pytest.mark.proves("waitlist_desired_date_window")
async def test_days_outside_the_window_are_refused(owner: Connection, app: Connection) -> None:
    (doctor, *_), patient = await full_doctor(owner), await make_patient(owner)
    today = datetime.now(UTC).date()
    for day in (today - timedelta(days=1), today + timedelta(days=17), date.max):
        with refused("waitlist_desired_date_window"):
            await app.fetch(JOIN, patient, doctor, day)


@pytest.mark.proves("waitlist_entry_unique")
async def test_one_live_entry_each(database: Database, owner: Connection, app: Connection) -> None:
    (doctor, *_), patient = await full_doctor(owner), await make_patient(owner)
    day = datetime.now(UTC).date() + timedelta(days=5)
    for desired in (None, day):  # "any day" counts as a day
        outcomes = await at_once(database.app, JOIN, [(patient, doctor, desired)] * 5)
        assert outcomes == ["", *["waitlist_entry_unique"] * 4]
    entry = await app.fetchval("SELECT id FROM api_waitlist_entry WHERE patient = $1 AND desired_date IS NULL", patient)
    await app.fetch("SELECT * FROM leave_waitlist($1, $2)", patient, entry)
    assert await app.fetch(JOIN, patient, doctor, None)


async def test_position_counts_who_could_take_the_same_slot(owner: Connection, app: Connection) -> None:
    (doctor, *_), patients = await full_doctor(owner), await make_patients(owner, 4)
    today = datetime.now(UTC).date()
    days = [today + timedelta(days=5), None, today + timedelta(days=6), today + timedelta(days=5)]
    entries = [(await app.fetch(JOIN, p, doctor, day))[0] for p, day in zip(patients, days, strict=True)]
    assert [entry["position"] for entry in entries] == [1, 2, 2, 3]
    (left,) = await app.fetch("SELECT * FROM leave_waitlist($1, $2)", patients[0], entries[0]["id"])
    assert (left["status"], left["position"]) == ("left", None)
    last = await app.fetchval("SELECT position FROM api_waitlist_entry WHERE id = $1", entries[3]["id"])
    assert last == 2


async def test_a_booking_ends_the_waiting_it_answers(owner: Connection, app: Connection) -> None:
    (doctor, *_), patient = await full_doctor(owner), await make_patient(owner)
    start = max(a_slot(2), a_slot(2).replace(hour=12))  # not the first slot of its day, which is on offer, nor a_slot()
    day = start.date()
    for desired in (None, day, day + timedelta(days=1)):
        await app.fetch(JOIN, patient, doctor, desired)
    await owner.execute("UPDATE doctor SET max_appointments = 30 WHERE account_id = $1", doctor)
    await book(app, patient, doctor, start)
    rows = await app.fetch("SELECT desired_date, status FROM api_waitlist_entry WHERE patient = $1", patient)
    assert {row["desired_date"]: row["status"] for row in rows} == {
        None: "fulfilled",
        day: "fulfilled",
        day + timedelta(days=1): "offered",  # one of the freed places is offered to this patient
    }


@pytest.mark.parametrize("old", ["waiting", "offered", "paused", "fulfilled", "left", "lapsed", None])
@pytest.mark.proves("waitlist_entry_status_transition")
async def test_every_transition(owner: Connection, old: str | None) -> None:
    legal = {
        None: {"waiting"},
        "waiting": {"offered", "paused", "fulfilled", "left", "lapsed"},
        "offered": {"waiting", "fulfilled", "left", "lapsed"},
        "paused": {"waiting", "fulfilled", "left", "lapsed"},
    }
    for new in ("waiting", "offered", "paused", "fulfilled", "left", "lapsed"):
        why = await owner.fetchval("SELECT waitlist_entry_status_transition($1, $2)", old, new)
        assert (why is None) is (new in legal.get(old, set())), (old, new)


@pytest.mark.proves("waitlist_entry_status_transition", "tg_waitlist_entry__rules")
async def test_an_entry_that_ended_stays_ended(owner: Connection, app: Connection, admin: Connection) -> None:
    (doctor, *_), (patient, other) = await full_doctor(owner), await make_patients(owner, 2)
    entry = await app.fetchval(JOIN, patient, doctor, None)
    assert await app.fetch("SELECT * FROM leave_waitlist($1, $2)", other, entry) == []
    await app.fetch("SELECT * FROM leave_waitlist($1, $2)", patient, entry)
    with refused("waitlist_entry_status_transition"):
        await app.fetch("SELECT * FROM leave_waitlist($1, $2)", patient, entry)
    for status in ("waiting", "left"):
        with refused("waitlist_entry_status_transition"):
            await admin.execute("UPDATE waitlist_entry SET status = $2 WHERE id = $1", entry, status)


@pytest.mark.parametrize(
    "change",
    ["doctor_id = doctor_id + 1", "patient_id = patient_id - 1", "desired_date = current_date", "created_at = now()"],
)
@pytest.mark.proves("waitlist_entry_immutable")
async def test_only_the_status_changes(owner: Connection, app: Connection, change: str) -> None:
    (doctor, *_), patient = await full_doctor(owner), await make_patient(owner)
    entry = await app.fetchval(JOIN, patient, doctor, None)
    with refused("waitlist_entry_immutable"):
        await owner.execute(f"UPDATE waitlist_entry SET {change} WHERE id = $1", entry)


@pytest.mark.proves("waitlist_entry_patient_id_fkey")
async def test_people_are_what_their_account_says(owner: Connection, app: Connection) -> None:
    (doctor, *_), patient = await full_doctor(owner), await make_patient(owner)
    with refused("appointment_doctor_id_fkey"):
        await app.fetch(JOIN, patient, patient, None)
    with refused("waitlist_entry_patient_id_fkey"):
        await app.fetch(JOIN, doctor, doctor, None)


async def test_a_join_and_a_cancellation_at_once_lose_no_offer(database: Database, owner: Connection) -> None:
    """Either the join is refused because the slot is free, or the cancellation sends an offer to the joined patient."""
    for _ in range(20):
        doctor, holder, waiting = await make_doctor(owner, max_appointments=1), *await make_patients(owner, 2)
        appointment = await book(owner, holder, doctor, a_slot())
        async with connected(database.app) as one, connected(database.app) as two:
            joined, canceled = await asyncio.gather(
                one.fetch(JOIN, waiting, doctor, None),
                two.fetch("SELECT * FROM cancel_as_patient($1, $2)", holder, appointment),
                return_exceptions=True,
            )
        assert not isinstance(canceled, BaseException), canceled
        mails = "SELECT count(*) FROM notification WHERE account_id = $1 AND kind = 'slot_offered'"
        assert await owner.fetchval(mails, waiting) == (not isinstance(joined, BaseException)), joined
