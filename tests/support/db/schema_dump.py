"""The schema of a database as text, and an empty migrated database."""

import asyncio
import re
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.db.migrate import upgrade
from app.sandbox.servers.database import OWNER, create_database, dsn_of
from app.sandbox.servers.postgres import EmbeddedPostgres, bin_dir


def dump(url: str) -> str:
    """Return the schema of the database at `url`, without the parts that differ between dumps."""
    command = [str(bin_dir() / "pg_dump"), "--schema-only", "--no-owner", "--exclude-table=alembic_version", url]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  a fixed program
    # the versions of server and client, and the random key that ends a dump's restricted mode
    return re.sub(r"^(\\(un)?restrict .*|-- Dumped .*)\n", "", printed, flags=re.MULTILINE)


@asynccontextmanager
async def migrated() -> AsyncIterator[str]:
    """Start a server, migrate an empty database, and yield its owner's URL."""
    with tempfile.TemporaryDirectory() as home:
        server = EmbeddedPostgres(Path(home), {"fsync": "off"})
        await server.start()
        try:
            await create_database(server)
            owner = dsn_of(server, OWNER)
            await asyncio.to_thread(upgrade, owner)
            yield owner
        finally:
            await server.stop()
