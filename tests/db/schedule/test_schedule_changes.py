"""What a change of the schedule is held against: what its transaction leaves behind, and what it touches at all."""

import asyncpg

from tests.db.schedule.test_schedule_rules import MINUTE, STOP_WORKING, TAKE_OFF, TEN_O_CLOCK, make_booked_doctor
from tests.support.servers.databases import Database


async def test_only_what_a_transaction_leaves_behind_counts(owner: asyncpg.Connection) -> None:
    doctor = await make_booked_doctor(owner)
    async with owner.transaction():
        await owner.execute(TAKE_OFF, doctor, asyncpg.Range(TEN_O_CLOCK, TEN_O_CLOCK + 60 * MINUTE))
        await owner.execute("DELETE FROM time_off WHERE doctor_id = $1", doctor)
    later = asyncpg.Range(TEN_O_CLOCK + 30 * MINUTE, TEN_O_CLOCK + 60 * MINUTE)
    async with owner.transaction():
        await owner.execute(TAKE_OFF, doctor, asyncpg.Range(TEN_O_CLOCK, TEN_O_CLOCK + 60 * MINUTE))
        await owner.execute("UPDATE time_off SET during = $2 WHERE doctor_id = $1", doctor, later)


async def test_who_stays_in_a_zone_is_not_asked_about_the_hours(
    owner: asyncpg.Connection, app: asyncpg.Connection, database: Database
) -> None:
    """A new edition of the zones' rules may strand an appointment; that is no reason to refuse a new fee."""
    doctor = await make_booked_doctor(owner)
    root = await asyncpg.connect(database.superuser)
    try:
        await root.execute("SET session_replication_role = replica")
        await root.execute(STOP_WORKING, doctor)
    finally:
        await root.close()
    changes = '{"fee": "20.00", "timezone": "UTC"}'
    row = await app.fetchrow("SELECT * FROM change_practice($1, $2, false)", doctor, changes)
    assert row is not None
    assert (row["practice"]["fee"], row["affected"]) == (20, [])
