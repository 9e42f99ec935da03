"""`booking migrate`: on an empty database, concurrently, on the schema of another release, and its error messages."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from app.db.engine import MIGRATIONS
from app.db.migrate import SCRIPTS, upgrade
from app.db.migrations.skeleton import write_skeleton
from app.db.release import RELEASE
from tests.support.cli.booking_command import CommandResult, booking
from tests.support.db.schema_dump import dump
from tests.support.servers.databases import Database, connected, database_at, execute


@pytest_asyncio.fixture
async def empty(superuser: str, template: str) -> AsyncIterator[Database]:
    """An empty database on a server that has the roles."""
    assert template
    name = f"booking_empty_{uuid4().hex[:12]}"
    await execute(superuser, f"CREATE DATABASE {name} OWNER booking_owner TEMPLATE template0")
    try:
        yield database_at(superuser, name)
    finally:
        await execute(superuser, f"DROP DATABASE {name} WITH (FORCE)")


async def migrate(database: Database) -> CommandResult:
    """Run `booking migrate` to its end."""
    return await booking("migrate", given={"OWNER_DATABASE_URL": database.owner})


async def refusal(database: Database) -> str:
    """Return the one-line message with which `booking migrate` fails before it reports any step."""
    code, printed, message = await migrate(database)
    assert (code, printed) == (1, "")
    assert message.startswith("Error: ")
    assert len(message.splitlines()) == 1
    return message


async def start(url: str) -> asyncio.subprocess.Process:
    """Start `booking migrate`."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", "migrate"),
        env={**os.environ, "OWNER_DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def test_two_deployments_migrate_at_once(empty: Database) -> None:
    both = await asyncio.gather(migrate(empty), migrate(empty))
    assert [result.code for result in both] == [0, 0], both
    assert sum("tables/appointment.sql" in result.out for result in both) == 1  # the other had nothing to do
    async with connected(empty.owner) as owner:
        assert await owner.fetchval("SELECT count(*) FROM policy") == 1
        assert await owner.fetchval("SELECT release FROM schema_release") == RELEASE


async def test_a_deployment_waits_for_another_that_takes_long(fresh: Database) -> None:
    async with connected(fresh.owner) as owner:
        await owner.execute("SELECT pg_advisory_lock(hashtext('booking migrations'))")
        second = await start(fresh.owner)
        assert second.stdout
        assert b"waiting for another migration" in await second.stdout.readline()
        assert second.returncode is None
    assert await second.wait() == 0


async def test_each_step_is_reported(empty: Database) -> None:
    lines = (await migrate(empty)).out.splitlines()
    assert lines.index("migration 0001_initial") < lines.index("view appointments/api_appointment.sql")
    assert "table tables/appointment.sql" in lines
    assert lines[-1] == f"the schema is of release {RELEASE}"


async def test_a_schema_of_before_the_first_release_is_refused_and_unchanged(empty: Database) -> None:
    await execute(
        empty.owner,
        "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES ('0001')",
        "CREATE TABLE appointment (id integer)",
    )
    before = await asyncio.to_thread(dump, empty.superuser)
    refused = await refusal(empty)
    assert refused.startswith("Error: the schema (revision 0001) is of a version before the first release")
    assert await asyncio.to_thread(dump, empty.superuser) == before


async def test_a_schema_of_a_newer_release_is_refused(fresh: Database) -> None:
    await execute(fresh.owner, "INSERT INTO schema_release (release, oldest_program) VALUES ('99.0.0', '0.1.0')")
    assert (await refusal(fresh)).startswith("Error: the schema is of release 99.0.0, newer than this program")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda url: url.replace("booking_owner:", "booking_nobody:"), "booking_nobody"),
        (lambda url: url.rpartition("/")[0] + "/booking_nowhere", 'database "booking_nowhere" does not exist'),
        (lambda _: "postgresql://booking_owner@127.0.0.1:1/booking", "PostgreSQL cannot be reached"),
    ],
)
async def test_a_failure_is_one_line(fresh: Database, change: Callable[[str], str], reason: str) -> None:
    assert reason in await refusal(fresh._replace(owner=change(fresh.owner)))


async def test_a_missing_privilege_is_one_line(empty: Database) -> None:
    await execute(empty.superuser, f"ALTER DATABASE {empty.owner.rpartition('/')[2]} OWNER TO CURRENT_USER")
    code, _, message = await migrate(empty)
    assert code == 1
    assert message.splitlines()[-1].startswith("Error: permission denied for database")
    assert "Traceback" not in message


async def test_a_migration_again_changes_nothing(fresh: Database) -> None:
    before = await asyncio.to_thread(dump, fresh.superuser)
    steps: list[str] = []
    await asyncio.to_thread(upgrade, fresh.owner, steps.append)
    assert steps == [f"the schema is of release {RELEASE}"]
    assert await asyncio.to_thread(dump, fresh.superuser) == before


async def test_waiting_for_a_lock_is_reported(fresh: Database) -> None:
    await execute(fresh.owner, "DELETE FROM repeatable_sql WHERE file = 'tables/policy.sql'")
    async with connected(fresh.owner) as holder:
        await holder.execute("BEGIN; LOCK TABLE policy IN ACCESS EXCLUSIVE MODE")
        process = await start(fresh.owner)
        assert process.stdout
        assert b"waiting for a lock" in await process.stdout.readline()
    assert await process.wait() == 0


def test_a_skeleton_follows_the_newest_migration(tmp_path: Path) -> None:
    shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    path = Path(write_skeleton("Add a note, to appointments", str(tmp_path / "migrations")))
    head = SCRIPTS.get_current_head()
    assert head
    name = f"{int(head[:4]) + 1:04}_add_a_note_to_appointments"[:32]
    assert path.name == f"{name}.py"
    text = path.read_text(encoding="utf-8")
    assert f"revision = '{name}'\ndown_revision = '{head}'" in text
    compile(text, str(path), "exec")
