"""The embedded Redis server."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.sandbox.servers.leftovers import leftovers
from app.sandbox.servers.redis import EmbeddedRedis


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedRedis]:
    redis = EmbeddedRedis(tmp_path / "a home, ä")
    await redis.start()
    yield redis
    await redis.stop()


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


async def test_it_keeps_a_value_until_it_stops(server: EmbeddedRedis) -> None:
    async with Redis.from_url(server.url) as client:
        await client.set("key", "value")
        assert await client.get("key") == b"value"
    await server.stop()
    await server.start(server.port)
    async with Redis.from_url(server.url) as client:
        assert await client.get("key") is None


async def test_it_requires_the_password(server: EmbeddedRedis) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET key\r\n")
    assert (await reader.readline()).startswith(b"-NOAUTH")
    writer.close()
    await writer.wait_closed()


async def test_one_that_was_left_behind_is_stopped(server: EmbeddedRedis) -> None:
    left_behind = server.pid
    os.kill(left_behind, signal.SIGSTOP)
    successor = EmbeddedRedis(server.home)
    await successor.start()
    assert leftovers(server.home, "redis") == [successor.pid]
    await successor.stop()


async def test_its_password_is_in_no_command_line(server: EmbeddedRedis) -> None:
    password = server.url.split(":")[2].split("@")[0]
    assert password not in command_line(server.pid)
    assert (server.home / "redis" / "valkey.conf").stat().st_mode & 0o777 == 0o600
