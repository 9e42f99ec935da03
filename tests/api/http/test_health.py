"""`/health`: reports which server is down, and recovers without a restart. Uses its own servers, which it stops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple, TypeVar

import pytest
import pytest_asyncio
from httpx import AsyncClient

from app.sandbox.servers.postgres import EmbeddedPostgres
from app.sandbox.servers.redis import EmbeddedRedis
from app.settings import Settings
from tests.support.http.answers import assert_problem, json_of
from tests.support.http.clients import api_client
from tests.support.servers.databases import cloned, database_at, execute, make_template
from tests.support.servers.http_server import paused_process

Server = TypeVar("Server", EmbeddedPostgres, EmbeddedRedis)


@asynccontextmanager
async def running(server: Server) -> AsyncIterator[Server]:
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def down(server: EmbeddedPostgres | EmbeddedRedis) -> AsyncIterator[None]:
    """Stop a server during this block."""
    port = server.port
    await server.stop()
    try:
        yield
    finally:
        await server.start(port)


class Stack(NamedTuple):
    """An API and the servers under it."""

    client: AsyncClient
    postgres: EmbeddedPostgres
    redis: EmbeddedRedis


@pytest_asyncio.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory, secret: str) -> AsyncIterator[Stack]:
    """A running API on a PostgreSQL and a Redis that may be stopped."""
    home = tmp_path_factory.mktemp("health")
    async with running(EmbeddedPostgres(home, {"fsync": "off"})) as postgres, running(EmbeddedRedis(home)) as redis:
        database = database_at(postgres.superuser_dsn, await make_template(postgres.superuser_dsn))
        settings = Settings(secret_key=secret, database_url=database.app, redis_url=redis.url)
        async with api_client(settings) as client:
            yield Stack(client, postgres, redis)


async def readiness(stack: Stack) -> tuple[int, dict[str, str]]:
    answer = await stack.client.get("/health/ready")
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json()


UP = (200, {"status": "up", "database": "up", "redis": "up"})
NO_REDIS = (200, {"status": "degraded", "database": "up", "redis": "down"})
SILENT = "The database cannot be reached or has no schema."
NO_DATABASE = (503, {"status": "down", "database": "down", "redis": "up", "reason": SILENT})


async def test_everything_is_up(stack: Stack) -> None:
    assert await readiness(stack) == UP
    assert json_of(await stack.client.get("/health/live")) == {"status": "up"}


async def test_without_redis_bookings_go_on(stack: Stack) -> None:
    async with down(stack.redis):
        assert await readiness(stack) == NO_REDIS
        assert (await stack.client.get("/api/doctors/")).status_code == 200
    assert await readiness(stack) == UP


async def test_a_redis_that_does_not_answer_is_down(stack: Stack) -> None:
    with paused_process(stack.redis.pid):
        assert await readiness(stack) == NO_REDIS
    assert await readiness(stack) == UP


async def test_without_the_database_requests_fail_until_it_is_back(stack: Stack) -> None:
    async with down(stack.postgres):
        assert await readiness(stack) == NO_DATABASE
        assert (await stack.client.get("/health/live")).status_code == 200
        for path in ("/api/doctors/", "/api/doctors/1/slots/"):
            answer = await stack.client.get(path)
            assert_problem(answer, 503, "unavailable")
            assert int(answer.headers["retry-after"]) > 0
    assert await readiness(stack) == UP
    assert (await stack.client.get("/api/doctors/")).status_code == 200


async def test_without_redis_and_database(stack: Stack) -> None:
    async with down(stack.postgres), down(stack.redis):
        both = {"status": "down", "database": "down", "redis": "down", "reason": SILENT}
        assert await readiness(stack) == (503, both)
    assert await readiness(stack) == UP


@pytest.mark.parametrize(
    ("release", "oldest", "status", "reason"),
    [
        ("99.0.0", "0.1.0", 200, ""),
        ("99.0.0", "99.0.0", 503, "needs at least program 99.0.0"),
        ("0.0.1", "0.0.1", 503, "run `booking migrate`"),
    ],
)
async def test_a_schema_that_the_program_cannot_run_on_is_not_ready(
    superuser: str, template: str, settings: Settings, release: str, oldest: str, status: int, reason: str
) -> None:
    async with cloned(superuser, template) as database:
        await execute(
            database.owner,
            "DELETE FROM schema_release",
            f"INSERT INTO schema_release (release, oldest_program) VALUES ('{release}', '{oldest}')",
        )
        async with api_client(settings, database_url=database.app) as client:
            answer = await client.get("/health/ready")
    assert reason in json_of(answer, status).get("reason", "")
