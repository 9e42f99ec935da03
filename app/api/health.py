"""`/health`: is this process alive, and can it serve?"""

import asyncio
from typing import Any, Literal

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncEngine

State = Literal["up", "down"]


class Live(Struct):
    """The process answers."""

    status: Literal["up"] = "up"


class Ready(Struct):
    """Which parts are up. Without the database nothing works; without Redis mails wait, bookings go on."""

    status: Literal["up", "degraded", "down"]
    database: State
    redis: State


@get("/health/live", operation_id="health_live", tags=["health"], exclude_from_auth=True)
async def live() -> Live:
    """Answer 200 while the process runs."""
    return Live()


@get(
    "/health/ready",
    operation_id="health_ready",
    tags=["health"],
    exclude_from_auth=True,
    responses={503: ResponseSpec(Ready, generate_examples=False, description="The database is down.")},
)
async def ready(db_engine: NamedDependency[AsyncEngine], redis: NamedDependency[Redis]) -> Response[Ready]:
    """Answer 200 if requests can be served, 503 if not, and name what is down."""
    database, queue = await asyncio.gather(_database(db_engine), _redis(redis))
    status: Any = "down" if database == "down" else "degraded" if queue == "down" else "up"
    return Response(Ready(status, database, queue), status_code=503 if status == "down" else 200)


async def _database(engine: AsyncEngine) -> State:
    try:
        async with asyncio.timeout(2), engine.connect() as connection:
            await connection.exec_driver_sql("SELECT 1 FROM policy")
    except Exception:  # noqa: BLE001  whatever is wrong, the answer is that the database does not serve
        return "down"
    return "up"


async def _redis(redis: Redis) -> State:
    try:
        async with asyncio.timeout(2):
            await redis.ping()
    except (RedisError, OSError):
        return "down"
    return "up"
