"""PostgreSQL refuses to run as root, so it runs as a user who can access its data."""

import asyncio
import os
import pwd
import signal
import sys
from pathlib import Path

import pytest

from app.sandbox.servers.identity import change_owner
from app.sandbox.servers.leftovers import leftovers
from app.sandbox.servers.postgres import EmbeddedPostgres
from tests.sandbox import without_namespaces

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start PostgreSQL as another user")

START_AND_PRINT_PID = """
import asyncio, sys
from pathlib import Path
from app.sandbox.servers.postgres import EmbeddedPostgres

async def main():
    server = EmbeddedPostgres(Path(sys.argv[1]), {"fsync": "off"})
    await server.start()
    print(server.pid, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()

asyncio.run(main())
"""


def user_of(pid: int) -> int:
    return owner_of(Path(f"/proc/{pid}"))


def owner_of(path: Path) -> int:
    return path.stat().st_uid


async def started_by(home: Path, *prefix: str) -> asyncio.subprocess.Process:
    """Start a process that prints the id of the server of `home`, and runs the server until its input ends."""
    return await asyncio.create_subprocess_exec(
        *prefix,
        *(sys.executable, "-c", START_AND_PRINT_PID, home),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


async def printed_pid(process: asyncio.subprocess.Process) -> int:
    assert process.stdout
    return int(await process.stdout.readline())


async def test_postgresql_runs_as_our_user_outside_its_namespace(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path, {"fsync": "off"})
    await server.start()
    assert user_of(server.pid) == owner_of(server.data) == os.geteuid()
    await server.stop()


@needs_root
async def test_where_namespaces_are_refused_root_becomes_nobody(tmp_path: Path) -> None:
    home = tmp_path / "home"  # not accessible to the user nobody, like its parent folders
    nobody = pwd.getpwnam("nobody").pw_uid
    for _ in range(2):
        process = await started_by(home, sys.executable, without_namespaces.__file__)
        assert user_of(await printed_pid(process)) == owner_of(home / "postgres") == nobody
        await process.communicate(b"")
        assert process.returncode == 0


@needs_root
async def test_root_starts_postgresql_as_the_owner_of_its_data(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path, {"fsync": "off"})
    await server.start()
    await server.stop()
    change_owner(server.data, "user:54321:54321")
    await server.start()
    assert user_of(server.pid) == owner_of(server.data / "PG_VERSION") == 54321
    await server.stop()


async def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    process = await started_by(tmp_path)
    assert await printed_pid(process) in leftovers(tmp_path, "postgres")
    process.send_signal(signal.SIGKILL)
    await process.communicate(b"")
    async with asyncio.timeout(30):
        while leftovers(tmp_path):  # noqa: ASYNC110  the kernel ends it
            await asyncio.sleep(0.05)
