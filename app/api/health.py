"""`/health`: liveness and readiness of the API."""

import asyncio
from typing import Annotated, Literal

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from msgspec import Meta, Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.release import NEWEST, SchemaRelease

State = Literal["up", "down"]


class Live(Struct):
    """The process is running."""

    status: Literal["up"] = "up"


class Ready(Struct, omit_defaults=True):
    """The state of the database and Redis. `degraded`: Redis is down, so mails wait, but bookings work."""

    status: Literal["up", "degraded", "down"]
    database: State
    redis: State
    reason: Annotated[str | None, Meta(description="Why the database is down.")] = None


@get("/health/live", operation_id="health_live", tags=["health"], exclude_from_auth=True)
async def live() -> Live:
    """Return 200 while the process is running."""
    return Live()


@get(
    "/health/ready",
    operation_id="health_ready",
    tags=["health"],
    exclude_from_auth=True,
    responses={503: ResponseSpec(Ready, generate_examples=False, description="The database is down.")},
)
async def ready(db_engine: NamedDependency[AsyncEngine], redis: NamedDependency[Redis]) -> Response[Ready]:
    """Return 200 if the API can serve requests, otherwise 503, with the state of each server."""
    reason, queue = await asyncio.gather(_why_database_is_down(db_engine), _redis(redis))
    if reason:
        return Response(Ready("down", "down", queue, reason), status_code=503)
    return Response(Ready("up" if queue == "up" else "degraded", "up", queue))


async def _why_database_is_down(engine: AsyncEngine) -> str | None:
    try:
        async with asyncio.timeout(2), engine.connect() as connection:
            row = (await connection.exec_driver_sql(NEWEST)).one_or_none()
    except Exception:  # noqa: BLE001  with any error, the database is unusable
        return "The database cannot be reached or has no schema."
    return (
        SchemaRelease(row.release, row.oldest_program).why_unusable()
        if row
        else "The migration of the database is not complete: run `booking migrate`."
    )


async def _redis(redis: Redis) -> State:
    try:
        async with asyncio.timeout(2):
            await redis.ping()
    except (RedisError, OSError):
        return "down"
    return "up"
