"""The constraints and unique indexes of the tables of offers, with the rule triggers off."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from asyncpg import Connection

from tests.support.db.offers import freed_slot
from tests.support.db.refusals import broken, refuses
from tests.support.servers.databases import Database, connected


@pytest_asyncio.fixture(scope="module")
async def tables(database: Database) -> AsyncIterator[Connection]:
    """A connection to a database with two offers and their tokens, and without rule triggers."""
    async with connected(database.owner) as db:
        await freed_slot(db, 2)
        await db.execute("INSERT INTO offer_token (token_hash, offer_id) SELECT sha256(id::text::bytea), id FROM offer")
        for table in ("offer", "waitlist_entry"):
            await db.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield db


ENTRY = "UPDATE waitlist_entry SET {}"
POLICY = "UPDATE policy SET {}"


@pytest.mark.parametrize(
    ("rule", "statements"),
    [
        broken("offer_status_valid", "UPDATE offer SET status = 'lost'"),
        broken("offer_wave_valid", "UPDATE offer SET wave = 0"),
        broken("offer_one_live", "UPDATE offer SET waitlist_entry_id = (SELECT min(id) FROM waitlist_entry)"),
        broken("offer_appointment_id_fkey", "UPDATE offer SET appointment_id = 0"),
        broken("offer_waitlist_entry_id_fkey", "UPDATE offer SET waitlist_entry_id = 0 WHERE id = 1"),
        broken("offer_token_offer_id_fkey", "UPDATE offer_token SET offer_id = 0"),
        broken("waitlist_entry_priority_class_valid", ENTRY, "priority_class = 0", "priority_class = 3"),
        broken("waitlist_entry_times_valid", ENTRY, "earliest_time = '10:01', latest_time = '10:00'"),
        broken(
            "waitlist_entry_min_notice_minutes_valid", ENTRY, "min_notice_minutes = -1", "min_notice_minutes = 21601"
        ),
        broken("policy_offer_first_wave_valid", POLICY, "offer_first_wave = 0", "offer_first_wave = 101"),
        broken("policy_offer_waves_valid", POLICY, "offer_waves = 0", "offer_waves = 25"),
        broken("policy_offer_min_notice_valid", POLICY, "offer_min_notice = '-1 s'", "offer_min_notice = '73 h'"),
    ],
)
async def test_tables(tables: Connection, rule: str, statements: list[str]) -> None:
    await refuses(tables, rule, statements)
