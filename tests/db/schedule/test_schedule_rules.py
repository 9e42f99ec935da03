"""time_off_no_appointment, working_hours_cover_appointments, doctor_fee_allowed: schedule changes keep appointments."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.db.refusals import refused, triggers_off
from tests.support.factories import a_slot, book, make_doctor, make_patient

TAKE_OFF = "INSERT INTO time_off (doctor_id, during) VALUES ($1, $2)"
CANCEL = "UPDATE appointment SET status = 'canceled' WHERE doctor_id = $1"
STOP_WORKING = "DELETE FROM working_hours WHERE doctor_id = $1"
WORK = "INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute) VALUES ($1, $2, $3, $4)"
NINE_TO_FIVE = tuple((day, 540, 1020) for day in range(1, 8))
TEN_O_CLOCK = (datetime.now(UTC) + timedelta(days=4)).replace(hour=10, minute=0, second=0, microsecond=0)
MINUTE = timedelta(minutes=1)


async def make_booked_doctor(owner: Connection) -> int:
    """Add a doctor who works from nine to five and has an appointment at ten."""
    doctor = await make_doctor(owner, hours=NINE_TO_FIVE)
    await book(owner, await make_patient(owner), doctor, TEN_O_CLOCK)
    return doctor


@pytest.mark.parametrize(("start", "end"), [(0, 30), (-30, 1), (29, 60), (10, 20), (-60, 90)])
@pytest.mark.proves("time_off_no_appointment", "tg_time_off__rules")
async def test_time_off_covers_no_part_of_an_appointment(
    owner: Connection, admin: Connection, start: int, end: int
) -> None:
    doctor = await make_booked_doctor(owner)
    during = asyncpg.Range(TEN_O_CLOCK + start * MINUTE, TEN_O_CLOCK + end * MINUTE)
    for writer in (owner, admin):
        with refused("time_off_no_appointment"):
            await writer.execute(TAKE_OFF, doctor, during)
    await owner.execute(TAKE_OFF, doctor, asyncpg.Range(TEN_O_CLOCK - 60 * MINUTE, TEN_O_CLOCK))
    with refused("time_off_no_appointment"):
        await owner.execute("UPDATE time_off SET during = $2 WHERE doctor_id = $1", doctor, during)


async def test_canceling_and_taking_off_is_one_act_in_either_order(owner: Connection) -> None:
    during = asyncpg.Range(TEN_O_CLOCK, TEN_O_CLOCK + 60 * MINUTE)
    for acts in (((CANCEL,), (TAKE_OFF, during)), ((TAKE_OFF, during), (CANCEL,))):
        doctor = await make_booked_doctor(owner)
        async with owner.transaction():
            for statement, *arguments in acts:
                await owner.execute(str(statement), doctor, *arguments)


@pytest.mark.proves("appointment_within_working_hours")
async def test_nothing_is_booked_in_time_off(owner: Connection, app: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    await owner.execute(TAKE_OFF, doctor, asyncpg.Range(a_slot(1), a_slot(2) - MINUTE))
    with refused("appointment_within_working_hours"):
        await book(app, patient, doctor, a_slot(1))
    for free in (a_slot(0), a_slot(2)):
        await book(app, patient, doctor, free)


@pytest.mark.proves("working_hours_cover_appointments", "tg_working_hours__rules")
async def test_hours_cover_the_appointments(owner: Connection, admin: Connection) -> None:
    doctor = await make_booked_doctor(owner)
    for writer in (owner, admin):
        with refused("working_hours_cover_appointments"):
            await writer.execute(STOP_WORKING, doctor)
    for change in ("start_minute = 601", "end_minute = 629"):
        with refused("working_hours_cover_appointments"):
            await owner.execute(f"UPDATE working_hours SET {change} WHERE doctor_id = $1", doctor)


async def test_a_week_is_replaced_row_by_row(owner: Connection) -> None:
    doctor = await make_booked_doctor(owner)
    async with owner.transaction():
        await owner.execute(STOP_WORKING, doctor)
        await owner.execute(WORK, doctor, TEN_O_CLOCK.isoweekday(), 600, 630)
    async with owner.transaction():
        await owner.execute(STOP_WORKING, doctor)
        await owner.execute(CANCEL, doctor)


@pytest.mark.proves("working_hours_cover_appointments", "tg_doctor__hours")
async def test_a_new_zone_keeps_the_appointments_within_the_hours(owner: Connection, admin: Connection) -> None:
    doctor = await make_booked_doctor(owner)
    move = "UPDATE doctor SET timezone = $2 WHERE account_id = $1"
    for writer in (owner, admin):
        with refused("working_hours_cover_appointments"):
            await writer.execute(move, doctor, "Asia/Tokyo")  # ten o'clock is 19:00 there
        await writer.execute(move, doctor, "Africa/Lagos")  # 11:00


@pytest.mark.proves("doctor_fee_allowed", "tg_doctor__rules")
async def test_a_doctor_charges_what_the_policy_allows(owner: Connection, admin: Connection) -> None:
    doctor = await make_doctor(owner)
    for columns in ({"fee": Decimal("10000.01")}, {"currency": "SEK"}):
        with refused("doctor_fee_allowed"):
            await make_doctor(owner, **columns)
    for writer in (owner, admin):
        for change in ("fee = 10000.01", "currency = 'SEK'"):
            with refused("doctor_fee_allowed"):
                await writer.execute(f"UPDATE doctor SET {change} WHERE account_id = $1", doctor)
    (row,) = await owner.fetch("SELECT fee, currency FROM doctor WHERE account_id = $1", doctor)
    assert tuple(row) == (100, "USD")  # the policy's defaults


async def test_deleting_a_doctor_deletes_the_schedule(owner: Connection) -> None:
    doctor = await make_doctor(owner)
    await owner.execute(TAKE_OFF, doctor, asyncpg.Range(a_slot(), a_slot(1)))
    await owner.execute("DELETE FROM doctor WHERE account_id = $1", doctor)
    for table in ("working_hours", "time_off"):
        assert not await owner.fetch(f"SELECT FROM {table} WHERE doctor_id = $1", doctor)


async def test_only_the_end_of_a_transaction_counts(owner: Connection) -> None:
    doctor = await make_booked_doctor(owner)
    async with owner.transaction():
        await owner.execute(TAKE_OFF, doctor, asyncpg.Range(TEN_O_CLOCK, TEN_O_CLOCK + 60 * MINUTE))
        await owner.execute("DELETE FROM time_off WHERE doctor_id = $1", doctor)
    later = asyncpg.Range(TEN_O_CLOCK + 30 * MINUTE, TEN_O_CLOCK + 60 * MINUTE)
    async with owner.transaction():
        await owner.execute(TAKE_OFF, doctor, asyncpg.Range(TEN_O_CLOCK, TEN_O_CLOCK + 60 * MINUTE))
        await owner.execute("UPDATE time_off SET during = $2 WHERE doctor_id = $1", doctor, later)


async def test_an_unchanged_zone_does_not_check_the_hours(owner: Connection, app: Connection, root: Connection) -> None:
    """New time zone data may move an appointment outside the hours; a new fee is accepted all the same."""
    doctor = await make_booked_doctor(owner)
    async with triggers_off(root):
        await root.execute(STOP_WORKING, doctor)
    changes = '{"fee": "20.00", "timezone": "UTC"}'
    (row,) = await app.fetch("SELECT * FROM change_practice($1, $2, false)", doctor, changes)
    assert (row["practice"]["fee"], row["affected"]) == (20, [])
