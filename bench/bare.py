"""The least that could be built: one Litestar handler with the API's token check and its booking statement, no more.

No limits, no ids, no log, no explanation of a refusal. `python -m bench.bare PORT`, with API's environment.
"""

import sys
from typing import Any

import asyncpg
import uvicorn
from litestar import Litestar, Request, post
from litestar.params import JSONBody
from litestar.security.jwt import Token

from app.domain.accounts.sessions import REQUIRE_LOGIN
from app.domain.accounts.tokens import Caller, jwt_auth
from app.domain.appointments.repository import BOOK
from app.domain.appointments.schemas import Appointment, Book
from app.settings import get_settings


def create_app() -> Litestar:
    """Make it."""
    settings = get_settings()
    pool = asyncpg.create_pool(settings.database_url, min_size=10, max_size=10)

    async def is_current(account_id: int, generation: int) -> bool:
        good: bool = await pool.fetchval(REQUIRE_LOGIN, account_id, generation)  # raises, if it is not
        return good

    @post("/api/appointments/appointments/")
    async def book(request: Request[Caller, Token, Any], data: JSONBody[Book]) -> Appointment:
        row = await pool.fetchrow(BOOK, request.user.id, data.doctor, data.appointment_date)
        assert row is not None  # noqa: S101  book() answers its row or raises
        return Appointment(**row)

    async def connect(_: Litestar) -> None:
        await pool

    return Litestar(
        route_handlers=[book],
        on_startup=[connect],
        on_app_init=[jwt_auth(settings.secret_key, is_current).on_app_init],
        openapi_config=None,
        logging_config=None,
    )


if __name__ == "__main__":
    uvicorn.run(
        "bench.bare:create_app",
        factory=True,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
