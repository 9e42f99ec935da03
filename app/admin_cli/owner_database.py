"""The database that the owner's commands use: a given URL, OWNER_DATABASE_URL, or the sandbox's."""

import os
from pathlib import Path

from app.admin_cli.addresses import find_database_url, require_postgresql_url
from app.admin_cli.backup import require_file, restore
from app.admin_cli.errors import AdminCliError
from app.sandbox.errors import SandboxError
from app.sandbox.servers.database import OWNER, create_database, dsn_of
from app.sandbox.servers.postgres import EmbeddedPostgres
from app.sandbox.stack.home import locked_home


def owner_url(url: str | None, home: Path) -> str:
    """Return the URL of a running database. Raises AdminCliError if none is known."""
    if url:
        return require_postgresql_url(url, "--database-url")
    return find_database_url("OWNER_DATABASE_URL", "owner_database", home, os.environ)


async def restore_database(url: str | None, home: Path, file: Path) -> str:
    """Restore into the database at `url` or OWNER_DATABASE_URL, or else into a sandbox. Return the next step as text.

    Raises AdminCliError.
    """
    if url or os.environ.get("OWNER_DATABASE_URL"):
        await restore(owner_url(url, home), file)
        return "Restored. Set passwords for booking_app, booking_admin and booking_auditor, then run `booking migrate`."
    try:
        await _restore_sandbox(home, file)
    except SandboxError as error:
        raise AdminCliError(str(error)) from None
    return "Restored. Start it with `booking up`."


async def _restore_sandbox(home: Path, file: Path) -> None:
    """Start the sandbox's PostgreSQL (with a new cluster if there is none), restore, and stop it again."""
    require_file(file)  # before a cluster is created
    with locked_home(home):
        postgres = EmbeddedPostgres(home)
        await postgres.start()
        try:
            await create_database(postgres)
            await restore(dsn_of(postgres, OWNER), file)
        finally:
            await postgres.stop()
