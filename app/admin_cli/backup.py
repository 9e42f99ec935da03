"""`booking backup` and `booking restore`: one file with schema, data, outbox and grants, by pg_dump and pg_restore.

Roles belong to the cluster, so a dump does not contain them. A restore creates them first, without passwords.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import asyncpg

from app.admin_cli.addresses import display_name, split_password
from app.admin_cli.errors import AdminCliError
from app.admin_cli.programs import find_program_for
from app.db.repeatable import SQL

OWNER = "booking_owner"
FACTS = """
    SELECT
        current_setting('server_version_num')::integer / 10000 AS major,
        (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
        EXISTS (
            SELECT FROM pg_class AS c INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        ) OR EXISTS (
            SELECT FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
        ) OR EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'public'::regnamespace) AS is_used,
        to_regclass('public.alembic_version') IS NOT NULL AS is_ours
"""


class DatabaseFacts(NamedTuple):
    """The facts about a database that a backup or a restore depends on."""

    major: int
    is_superuser: bool
    is_used: bool
    is_ours: bool


async def backup(url: str, file: Path) -> None:
    """Write the database at `url` (the database owner's) to `file`, with mode 0600. Raises AdminCliError."""
    facts = await inspect_database(url)
    if not facts.is_ours:
        raise AdminCliError(f"{display_name(url)} is not a database of this service: check the URL")
    with _atomic_file(file) as part:
        await _run("pg_dump", facts.major, url, "--format=custom", f"--file={part}")


async def restore(url: str, file: Path) -> None:
    """Restore `file` into the empty database at `url`, completely or not at all, and create the missing roles.

    The role of `url` then owns the contents; if it is a superuser, booking_owner does. Raises AdminCliError.
    """
    require_file(file)
    facts = await inspect_database(url)
    if facts.is_used:
        raise AdminCliError(f"{display_name(url)} is not empty: restore into a new database")
    await _execute(url, (SQL / "setup" / "01_roles.sql").read_text())
    owner = ["--no-owner"]
    if facts.is_superuser:  # else functions would run with a superuser's rights
        database = await _fetch(url, "SELECT quote_ident(current_database())")
        await _execute(url, f"ALTER DATABASE {database} OWNER TO {OWNER}")
        owner.append(f"--role={OWNER}")
    await _run("pg_restore", facts.major, url, "--single-transaction", *owner, str(file))
    # a dump does not contain grants on the database itself
    role = f"SET ROLE {OWNER};" if facts.is_superuser else ""
    await _execute(url, f"{role} {(SQL / 'setup' / '02_schemas.sql').read_text()}; ANALYZE")


def require_file(file: Path) -> None:
    """Raise AdminCliError if `file` does not exist."""
    if not file.is_file():
        raise AdminCliError(f"the file {file} does not exist")


@contextmanager
def _atomic_file(file: Path) -> Iterator[Path]:
    """Yield a temporary path, and rename it to `file` when the block has succeeded. Raises AdminCliError."""
    if file.exists():
        raise AdminCliError(f"{file} already exists: choose another name")
    part = file.with_name(f"{file.name}.part")
    try:
        part.touch(mode=0o600)
        yield part
        part.rename(file)
    except OSError as error:
        raise AdminCliError(f"{error.filename}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


async def inspect_database(url: str) -> DatabaseFacts:
    """Return the facts about the database at `url`. Raises AdminCliError if it cannot be reached."""
    connection = await _connect(url)
    try:
        row = await connection.fetchrow(FACTS)
    finally:
        await connection.close()
    assert row is not None  # noqa: S101  a query without FROM has one row
    return DatabaseFacts(*row)


async def _connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise AdminCliError(f"{display_name(url)}: {error}") from None


async def _execute(url: str, sql: str) -> None:
    connection = await _connect(url)
    try:
        await connection.execute(sql)
    except asyncpg.InsufficientPrivilegeError as error:
        raise AdminCliError("\n".join(filter(None, (error.message, error.hint)))) from None
    finally:
        await connection.close()


async def _fetch(url: str, sql: str) -> str:
    connection = await _connect(url)
    try:
        return str(await connection.fetchval(sql))
    finally:
        await connection.close()


async def _run(name: str, server: int, url: str, *arguments: str) -> None:
    """Run a program on the database. Raises AdminCliError with the program's own message if it fails."""
    address, login = split_password(url)
    process = await asyncio.create_subprocess_exec(
        find_program_for(name, server),
        f"--dbname={address}",
        *arguments,
        env={**os.environ, **login},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode:
        raise AdminCliError(f"{name} failed:\n{said.decode(errors='replace').strip()}")
