"""A minimal server for comparison: one Litestar handler with the API's token check and its booking statement.

It has no rate limits, request ids, log or explanations of refusals. Usage: `python -m bench.bare [apart] PORT`, with
the API's environment. With `apart`, it works like a straightforward implementation: a separate statement checks the
login, and asyncpg's pool resets each connection after use.
"""

import sys
from typing import Any

import asyncpg
import uvicorn
from litestar import Litestar, Request, post
from litestar.params import JSONBody
from litestar.security.jwt import Token

from app.db.driver import with_login_and_request_id
from app.domain.appointments.repository import BOOK
from app.domain.appointments.schemas import Book
from app.domain.auth.sessions import REQUIRE_LOGIN
from app.domain.auth.tokens import LOGIN_CHECKED_BY_STATEMENT, Caller, jwt_auth
from app.domain.shared_schemas import Appointment
from app.gc_tuning import frozen_gc
from app.settings import get_settings

APART = "apart"


async def leave_as_it_is(_: asyncpg.Connection) -> None:
    """Do not reset a released connection, which saves a round trip. A booking changes no session setting."""


def create_app(*, apart: bool) -> Litestar:
    """Create the application."""
    settings = get_settings()
    reset = None if apart else leave_as_it_is
    pool = asyncpg.create_pool(settings.database_url, min_size=10, max_size=10, reset=reset)

    async def is_current(account_id: int, generation: int) -> bool:
        valid: bool = await pool.fetchval(REQUIRE_LOGIN, account_id, generation)  # raises if the login is invalid
        return valid

    @post("/api/appointments/appointments/", opt={LOGIN_CHECKED_BY_STATEMENT: not apart})
    async def book(request: Request[Caller, Token, Any], data: JSONBody[Book]) -> Appointment:
        statement, arguments = with_login_and_request_id(BOOK, request.user.id, data.doctor, data.appointment_date)
        row = await pool.fetchrow(statement, *arguments)
        assert row is not None  # noqa: S101  book() returns a row or raises
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


def main() -> None:
    """Serve the application with the API's server settings."""
    *options, port = sys.argv[1:]

    def create_served_app() -> Litestar:
        with frozen_gc():
            return create_app(apart=options == [APART])

    uvicorn.run(
        create_served_app,
        factory=True,
        port=int(port),
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
