"""The least that could be built: one Litestar handler with the API's token check and its booking statement, no more.

No limits, no ids, no log, no explanation of a refusal. `python -m bench.bare PORT`, with API's environment. With
`apart` behind it the handler is as one would write it at first: the login is asked for apart, by a statement of its
own, and asyncpg's pool resets a connection each time that it is given back.
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
    """Spare a connection that is given back the round trip by which asyncpg resets it: a booking changes no setting."""


def create_app(*, apart: bool) -> Litestar:
    """Make it."""
    settings = get_settings()
    reset = None if apart else leave_as_it_is
    pool = asyncpg.create_pool(settings.database_url, min_size=10, max_size=10, reset=reset)

    async def is_current(account_id: int, generation: int) -> bool:
        good: bool = await pool.fetchval(REQUIRE_LOGIN, account_id, generation)  # raises, if it is not
        return good

    @post("/api/appointments/appointments/", opt={LOGIN_CHECKED_BY_STATEMENT: not apart})
    async def book(request: Request[Caller, Token, Any], data: JSONBody[Book]) -> Appointment:
        statement, arguments = with_login_and_request_id(BOOK, request.user.id, data.doctor, data.appointment_date)
        row = await pool.fetchrow(statement, *arguments)
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


def main() -> None:
    """Serve it as the API is served."""
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
