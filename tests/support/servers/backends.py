"""Provides PostgreSQL and Redis for the tests: given servers, containers, or embedded ones."""

import gc
import os
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from redis.asyncio import Redis

from app.sandbox.servers.postgres import EmbeddedPostgres
from app.sandbox.servers.redis import EmbeddedRedis
from tests.support.servers.memory_folders import quick_folder

POSTGRES_IMAGE = "postgres:17-alpine"
REDIS_IMAGE = "redis:7-alpine"


@cache
def docker_answers() -> bool:
    """Whether a Docker engine can be reached."""
    answers = _ping_docker()
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()  # the client leaves a socket open when it cannot connect
    return answers


def _ping_docker() -> bool:
    import docker  # noqa: PLC0415  only where no servers are given
    from docker.errors import DockerException  # noqa: PLC0415  as above

    try:
        client = docker.from_env()
        client.ping()
        client.close()
    except DockerException:
        return False
    return True


@asynccontextmanager
async def postgres_server(home: Path) -> AsyncIterator[str]:
    """Yield the URL of a superuser of a running PostgreSQL."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
    elif docker_answers():
        from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415  only where Docker is

        with PostgresContainer(POSTGRES_IMAGE).with_command(
            "postgres -c fsync=off -c max_connections=300"
        ) as container:
            yield container.get_connection_url(driver=None)
    else:
        # The data does not outlive the run, so it need not reach the disk.
        with quick_folder(home) as folder:
            server = EmbeddedPostgres(folder, {"fsync": "off", "max_connections": "300", "max_wal_size": "256MB"})
            await server.start()
            try:
                yield server.superuser_dsn
            finally:
                await server.stop()


@asynccontextmanager
async def redis_server(home: Path) -> AsyncIterator[str]:
    """Yield the URL of a running Redis or Valkey."""
    if given := os.environ.get("TEST_REDIS_URL"):
        async with _own_database(given) as url:
            yield url
    elif docker_answers():
        from testcontainers.community.redis import RedisContainer  # noqa: PLC0415  only where Docker is

        with RedisContainer(REDIS_IMAGE) as container:
            yield f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(6379)}/0"
    else:
        server = EmbeddedRedis(home)
        await server.start()
        try:
            yield server.url
        finally:
            await server.stop()


@asynccontextmanager
async def _own_database(server: str) -> AsyncIterator[str]:
    """Yield the URL of an empty database, one of 1 to 15, that no other run uses meanwhile.

    Database 0 records which run uses which database. The record of a killed run expires after six hours.
    """
    async with Redis.from_url(_database_of(server, 0)) as register:
        claim, number = await _claim(register)
        url = _database_of(server, number)
        async with Redis.from_url(url) as database:
            await database.flushdb()
            yield url
            await database.flushdb()
        await register.delete(claim)


async def _claim(register: "Redis") -> tuple[str, int]:
    for number in range(1, 16):
        claim = f"booking-tests:database:{number}"
        if await register.set(claim, os.getpid(), nx=True, ex=6 * 3600):
            return claim, number
    raise RuntimeError("other runs use all databases of TEST_REDIS_URL; delete booking-tests:* in its database 0")


def _database_of(server: str, number: int) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{number}"))
