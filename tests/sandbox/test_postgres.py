"""The embedded PostgreSQL: restarts, leftovers, passwords and errors."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from app.sandbox.errors import SandboxError
from app.sandbox.servers.leftovers import leftovers
from app.sandbox.servers.postgres import EmbeddedPostgres, bin_dir
from tests.support.servers.databases import execute, fetchval

UNSAFE_BUT_FAST = {"fsync": "off"}


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
    """The module's server; its home has a long path with spaces, quotes and umlauts."""
    home = tmp_path_factory.mktemp("postgres") / ("Ä b'ü\"ß €" * 15) / "home"
    server = EmbeddedPostgres(home, UNSAFE_BUT_FAST, {"GREETING": "good day = 1"})
    await server.start()
    await execute(server.superuser_dsn, "CREATE TABLE kept AS SELECT 42 AS number")
    yield server
    await server.stop()


@pytest.fixture
async def postgres(server: EmbeddedPostgres) -> EmbeddedPostgres:
    """The module's server, restarted if an earlier test has stopped it."""
    if not server.child.running:
        await server.start()
    return server


async def test_it_answers_with_the_settings_it_was_given(postgres: EmbeddedPostgres) -> None:
    settings = "SELECT current_setting('fsync') || current_setting('TimeZone') || current_setting('server_encoding')"
    assert await fetchval(postgres.superuser_dsn, settings) == "offUTCUTF8"
    assert (bin_dir() / "pg_dump").exists()


async def test_it_gets_the_variables_it_was_given(postgres: EmbeddedPostgres) -> None:
    await execute(postgres.superuser_dsn, "CREATE TABLE said (words text); COPY said FROM PROGRAM 'echo $GREETING'")
    assert await fetchval(postgres.superuser_dsn, "SELECT words FROM said") == "good day = 1"


async def test_its_data_is_there_after_a_restart(postgres: EmbeddedPostgres) -> None:
    first = postgres.pid
    await postgres.stop()
    assert postgres.pid == 0
    await postgres.start()
    assert postgres.pid != first
    assert await fetchval(postgres.superuser_dsn, "SELECT number FROM kept") == 42


async def test_it_can_be_started_on_the_port_it_had(postgres: EmbeddedPostgres) -> None:
    port = postgres.port
    await postgres.stop()
    await postgres.start(port)
    assert postgres.port == port


async def test_a_wrong_password_is_refused(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.dsn(user="postgres", database="postgres", password="guessed"))
    assert (postgres.home / "secrets").stat().st_mode & 0o777 == 0o600
    assert postgres.home.stat().st_mode & 0o777 == 0o700


async def test_a_server_that_was_left_behind_is_stopped(postgres: EmbeddedPostgres) -> None:
    left_behind = postgres.pid
    successor = EmbeddedPostgres(postgres.home, UNSAFE_BUT_FAST)
    await successor.start()
    assert leftovers(postgres.home, "postgres").count(left_behind) == 0
    assert await fetchval(successor.superuser_dsn, "SELECT number FROM kept") == 42
    await successor.stop()
    await postgres.child.wait()


async def test_it_starts_after_it_was_killed_and_its_process_id_was_reused(postgres: EmbeddedPostgres) -> None:
    os.kill(postgres.pid, signal.SIGKILL)
    await postgres.child.wait()
    pid_file = postgres.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    await postgres.start(postgres.port)
    assert await fetchval(postgres.superuser_dsn, "SELECT number FROM kept") == 42


async def test_an_initdb_that_was_interrupted_is_done_again(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path, UNSAFE_BUT_FAST)
    start = asyncio.create_task(server.start())
    while not (tmp_path / "postgres.new" / "PG_VERSION").exists():  # noqa: ASYNC110  another process makes it
        await asyncio.sleep(0.001)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert leftovers(tmp_path) == []
    await server.start()
    assert await fetchval(server.superuser_dsn, "SELECT 1") == 1
    await server.stop()


async def test_a_port_that_is_taken_is_named_by_the_log(postgres: EmbeddedPostgres) -> None:
    await postgres.stop()
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(SandboxError, match=r"(?s)did not start; see .*postgres\.log.*in use"),
    ):
        await postgres.start(taken.getsockname()[1])
    assert postgres.pid == 0


async def test_a_missing_file_of_passwords_is_an_error(postgres: EmbeddedPostgres) -> None:
    await postgres.stop()
    secrets = postgres.home / "secrets"
    hidden = secrets.rename(secrets.with_name("hidden"))
    with pytest.raises(SandboxError, match="secrets is missing"):
        await postgres.start()
    hidden.rename(secrets)
