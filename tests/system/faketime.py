"""Runs the embedded PostgreSQL under a fast clock, with Debian's libfaketime."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.sandbox.servers.postgres import EmbeddedPostgres
from tests.system.programs import installed_file

SETTINGS = {
    "fsync": "off",
    "autovacuum": "off",  # its launcher gives up on workers that do not start within a fast minute
    "checkpoint_timeout": "1d",
}


@asynccontextmanager
async def fast_postgres(home: Path, speed: int) -> AsyncIterator[str]:
    """Yield the URL of a superuser of a PostgreSQL whose clock runs `speed` times as fast, from now on.

    All sessions share one clock, because they are forks of one process. Sleeps are shorter accordingly, but timeouts
    never fire: do not let two sessions wait for one another.
    """
    environment = {
        "LD_PRELOAD": str(installed_file("/usr/lib", "*/faketime/libfaketime.so.1", "libfaketime")),
        "FAKETIME": f"+0 x{speed}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    server = EmbeddedPostgres(home, SETTINGS, environment)
    await server.start()
    try:
        yield server.superuser_dsn
    finally:
        await server.stop()
