"""Migrations run up, down and up again, also on a database in use, and leave nothing of theirs behind."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.db.migrate import commands, upgrade
from tests.support.db.schema_dump import dump
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.servers.databases import WAITED_FOR, Database, cloned
from tests.support.servers.worker_process import eventually

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


async def migrate(database: Database) -> asyncio.subprocess.Process:
    """Start `booking migrate`."""
    environment = {**os.environ, "OWNER_DATABASE_URL": database.owner}
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "app.cli", "migrate", env=environment)


async def test_two_deployments_migrate_at_once(fresh: Database) -> None:
    await asyncio.to_thread(commands(fresh.owner).downgrade, "base")
    processes = [await migrate(fresh) for _ in range(2)]
    assert [await process.wait() for process in processes] == [0, 0]
    owner = await asyncpg.connect(fresh.owner)
    try:
        assert await owner.fetchval("SELECT count(*) FROM policy") == 1
    finally:
        await owner.close()


async def test_a_deployment_waits_for_another_that_takes_long(fresh: Database) -> None:
    owner = await asyncpg.connect(fresh.owner)
    await owner.execute("SELECT pg_advisory_lock(hashtext('booking migrations'))")
    second = await migrate(fresh)
    await eventually(lambda: owner.fetchval(WAITED_FOR, owner.get_server_pid()))
    await asyncio.sleep(6)  # longer than a migration waits for the lock of a table
    assert second.returncode is None
    await owner.close()
    assert await second.wait() == 0
