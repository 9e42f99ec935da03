"""When a schedule change is checked: at the end of its transaction, and only for what it changes."""

import asyncpg
from asyncpg import Connection

from tests.db.schedule.test_schedule_rules import MINUTE, STOP_WORKING, TAKE_OFF, TEN_O_CLOCK, make_booked_doctor


async def test_only_what_a_transaction_leaves_behind_counts(owner: Connection) -> None:
    doctor = await make_booked_doctor(owner)
    async with owner.transaction():
        await owner.execute(TAKE_OFF, doctor, asyncpg.Range(TEN_O_CLOCK, TEN_O_CLOCK + 60 * MINUTE))
        await owner.execute("DELETE FROM time_off WHERE doctor_id = $1", doctor)
    later = asyncpg.Range(TEN_O_CLOCK + 30 * MINUTE, TEN_O_CLOCK + 60 * MINUTE)
    async with owner.transaction():
        await owner.execute(TAKE_OFF, doctor, asyncpg.Range(TEN_O_CLOCK, TEN_O_CLOCK + 60 * MINUTE))
        await owner.execute("UPDATE time_off SET during = $2 WHERE doctor_id = $1", doctor, later)


async def test_an_unchanged_zone_does_not_check_the_hours(owner: Connection, app: Connection, root: Connection) -> None:
    """An update of the time zone data may leave an appointment outside the hours; a new fee is accepted all the same."""
    doctor = await make_booked_doctor(owner)
    await root.execute("SET session_replication_role = replica")
    await root.execute(STOP_WORKING, doctor)
    changes = '{"fee": "20.00", "timezone": "UTC"}'
    (row,) = await app.fetch("SELECT * FROM change_practice($1, $2, false)", doctor, changes)
    assert (row["practice"]["fee"], row["affected"]) == (20, [])
