"""Migrates a database to this release: versioned migrations, then repeatable SQL, then the number of the release."""

import asyncio
import time

import asyncpg
from advanced_alchemy.alembic.commands import AlembicCommands
from alembic.script import ScriptDirectory

from app.db.engine import MIGRATIONS, database_config
from app.db.errors import MigrationError, driver_error
from app.db.release import NEWEST, OLDEST_PROGRAM, RELEASE, SchemaRelease
from app.db.repeatable import Replay, Report, until_locked

SCRIPTS = ScriptDirectory(str(MIGRATIONS))
LIMIT_SECONDS = 600  # for the whole migration, including waits for locks and for another migration
LOCK = "SELECT pg_try_advisory_lock(hashtext('booking migrations'))"
WRITE_RELEASE = """
    INSERT INTO schema_release (release, oldest_program, applied_at) VALUES ($1, $2, clock_timestamp())
    ON CONFLICT (release) DO UPDATE SET oldest_program = excluded.oldest_program, applied_at = excluded.applied_at
"""


def commands(url: str) -> AlembicCommands:
    """Return alembic's commands for the database at `url`, a URL of its owner."""
    return AlembicCommands(database_config(url, application_name="booking-migrate"))


def upgrade(url: str, report: Report = lambda _: None) -> None:
    """Migrate the database at `url` to this release and report each step. Does nothing if it is up to date.

    Raises MigrationError, also for errors of the server.
    """
    try:
        asyncio.run(_upgrade(url, report))
    except asyncpg.PostgresError as error:
        said, hint = str(error.args[0]), getattr(error, "hint", None)
        raise MigrationError(" ".join(f"{said.rstrip('.')}. {hint}".split() if hint else said.split())) from error
    except (OSError, asyncpg.InterfaceError) as error:
        raise MigrationError(f"PostgreSQL cannot be reached: {str(error) or type(error).__name__}") from error


async def _upgrade(url: str, report: Report) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    connection = await asyncpg.connect(
        url, timeout=5, server_settings={"application_name": "booking-migrate", "statement_timeout": "10min"}
    )
    try:
        await _lock(connection, report, deadline)
        await _refuse_other_schemas(connection)
        replay = Replay(connection, report=report, deadline=deadline)
        await replay.setup()
        before = await _revision(connection)
        await until_locked(
            lambda: asyncio.to_thread(_versioned, url), title="versioned migrations", report=report, deadline=deadline
        )
        for revision in reversed(list(SCRIPTS.iterate_revisions(await _revision(connection), before))):
            report(f"migration {revision.revision}")
        await replay.replay()
        await connection.execute(WRITE_RELEASE, RELEASE, OLDEST_PROGRAM)
        report(f"the schema is of release {RELEASE}")
    finally:
        connection.terminate()  # releases the lock


async def _lock(connection: asyncpg.Connection, report: Report, deadline: float) -> None:
    """Wait until no other migration of this database runs."""
    is_reported = False
    while not await connection.fetchval(LOCK):
        if time.monotonic() > deadline:
            raise MigrationError("another migration of this database is still running: wait until it ends, or stop it")
        if not is_reported:
            report("waiting for another migration of this database")
            is_reported = True
        await asyncio.sleep(0.2)


async def _revision(connection: asyncpg.Connection) -> str | None:
    """Return the newest migration of the database, or None."""
    if await connection.fetchval("SELECT to_regclass('public.alembic_version') IS NULL"):
        return None
    revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    return revision


async def _refuse_other_schemas(connection: asyncpg.Connection) -> None:
    """Raise MigrationError for a schema of a newer release, or of a version before the first release."""
    present = await _revision(connection)
    if await connection.fetchval("SELECT to_regclass('public.schema_release') IS NOT NULL"):
        row = await connection.fetchrow(NEWEST)
        if row and SchemaRelease(*row).is_newer:
            raise MigrationError(
                f"the schema is of release {row['release']}, newer than this program ({RELEASE}): there is no downgrade"
            )
    known = {revision.revision for revision in SCRIPTS.walk_revisions()}
    if present and present not in known:
        raise MigrationError(
            f"the schema (revision {present}) is of a version before the first release, which cannot be upgraded:"
            " migrate a new, empty database"
        )


def _versioned(url: str) -> None:
    """Run the versioned migrations. Raises asyncpg's errors as they are."""
    try:
        commands(url).upgrade()
    except Exception as error:
        cause = driver_error(error)
        if cause is error:
            raise
        raise cause from error
