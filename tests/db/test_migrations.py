"""Migrations run up, down and up again, also on a database in use, and leave nothing of theirs behind."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.db.dump import dump
from app.db.migrate import commands, upgrade
from tests.databases import Database, cloned
from tests.factories import a_slot, book, make_doctor, make_patient

OURS = """
    SELECT relname::text AS name FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S') AND relname <> 'alembic_version'
    UNION ALL
    SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typname NOT LIKE '%alembic_version'
"""


@pytest.fixture
async def fresh(superuser: str, template: str) -> AsyncIterator[Database]:
    """A database of this test alone."""
    async with cloned(superuser, template) as database:
        yield database


async def test_up_down_up_on_data(fresh: Database) -> None:
    before = await asyncio.to_thread(dump, fresh.superuser)
    owner = await asyncpg.connect(fresh.owner)
    try:
        await book(owner, await make_patient(owner), await make_doctor(owner), a_slot())
        await asyncio.to_thread(commands(fresh.owner).downgrade, "base")
        assert [row["name"] for row in await owner.fetch(OURS)] == []
        await asyncio.to_thread(upgrade, fresh.owner)
    finally:
        await owner.close()
    assert await asyncio.to_thread(dump, fresh.superuser) == before


async def test_two_deployments_migrate_at_once(fresh: Database) -> None:
    await asyncio.to_thread(commands(fresh.owner).downgrade, "base")
    environment = {**os.environ, "OWNER_DATABASE_URL": fresh.owner}
    command = (sys.executable, "-m", "app.cli", "migrate")
    processes = [await asyncio.create_subprocess_exec(*command, env=environment) for _ in range(2)]
    assert [await process.wait() for process in processes] == [0, 0]
    owner = await asyncpg.connect(fresh.owner)
    try:
        assert await owner.fetchval("SELECT count(*) FROM policy") == 1
    finally:
        await owner.close()
