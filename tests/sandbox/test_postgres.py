"""The embedded PostgreSQL: its data lasts, its leftovers do not, and others on this machine stay out."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from app.sandbox.errors import SandboxError
from app.sandbox.servers.leftovers import leftovers
from app.sandbox.servers.postgres import EmbeddedPostgres, bin_dir

UNSAFE_BUT_FAST = {"fsync": "off"}


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "home", UNSAFE_BUT_FAST)
    await server.start()
    yield server
    await server.stop()


async def query(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def execute(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def test_it_answers_with_the_settings_it_was_given(postgres: EmbeddedPostgres) -> None:
    settings = "SELECT current_setting('fsync') || current_setting('TimeZone') || current_setting('server_encoding')"
    assert await query(postgres.superuser_dsn, settings) == "offUTCUTF8"
    assert (bin_dir() / "pg_dump").exists()


async def test_it_gets_the_variables_it_was_given(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "home", UNSAFE_BUT_FAST, {"GREETING": "good day = 1"})
    await server.start()
    await execute(server.superuser_dsn, "CREATE TABLE said (words text); COPY said FROM PROGRAM 'echo $GREETING'")
    assert await query(server.superuser_dsn, "SELECT words FROM said") == "good day = 1"
    await server.stop()


async def test_its_data_is_there_after_a_restart(postgres: EmbeddedPostgres) -> None:
    await execute(postgres.superuser_dsn, "CREATE TABLE kept AS SELECT 42 AS number")
    first = postgres.pid
    await postgres.stop()
    assert postgres.pid == 0
    await postgres.start()
    assert postgres.pid != first
    assert await query(postgres.superuser_dsn, "SELECT number FROM kept") == 42


async def test_it_can_be_started_on_the_port_it_had(postgres: EmbeddedPostgres) -> None:
    port = postgres.port
    await postgres.stop()
    await postgres.start(port)
    assert postgres.port == port


async def test_nobody_gets_in_without_the_password(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await query(postgres.dsn(user="postgres", database="postgres", password="guessed"), "SELECT 1")
    assert (postgres.home / "secrets").stat().st_mode & 0o777 == 0o600
    assert postgres.home.stat().st_mode & 0o777 == 0o700


async def test_a_server_that_was_left_behind_is_stopped(postgres: EmbeddedPostgres) -> None:
    left_behind = postgres.pid
    successor = EmbeddedPostgres(postgres.home, UNSAFE_BUT_FAST)
    await successor.start()
    assert leftovers(postgres.home, "postgres").count(left_behind) == 0
    assert await query(successor.superuser_dsn, "SELECT 1") == 1
    await successor.stop()


async def test_it_starts_after_it_was_killed_and_its_process_id_went_to_somebody_else(
    postgres: EmbeddedPostgres,
) -> None:
    await execute(postgres.superuser_dsn, "CREATE TABLE kept AS SELECT 42 AS number")
    os.kill(postgres.pid, signal.SIGKILL)
    await postgres.child.wait()
    pid_file = postgres.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    await postgres.start(postgres.port)
    assert await query(postgres.superuser_dsn, "SELECT number FROM kept") == 42


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
    assert await query(server.superuser_dsn, "SELECT 1") == 1
    await server.stop()


async def test_a_long_home_with_spaces_and_umlauts_is_as_good_as_any(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / ("Ä b'ü\"ß €" * 15) / "home", UNSAFE_BUT_FAST)
    await server.start()
    assert await query(server.superuser_dsn, "SELECT 1") == 1
    await server.stop()


async def test_a_port_that_is_taken_is_named_by_the_log(tmp_path: Path, postgres: EmbeddedPostgres) -> None:
    other = EmbeddedPostgres(tmp_path / "other", UNSAFE_BUT_FAST)
    with pytest.raises(SandboxError, match=r"(?s)did not start; see .*postgres\.log.*in use"):
        await other.start(postgres.port)
    assert other.pid == 0


async def test_without_the_passwords_it_says_so(postgres: EmbeddedPostgres) -> None:
    await postgres.stop()
    (postgres.home / "secrets").unlink()
    with pytest.raises(SandboxError, match="secrets is missing"):
        await postgres.start()
