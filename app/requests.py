"""What frames every request: an id to find it by, and a line in the log when it is answered."""

import re
import time
from uuid import uuid4

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from app.db.driver import act_id

log = structlog.get_logger()

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(rb"[A-Za-z0-9_.-]{1,64}")
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}  # they change nothing, so their statements need not tell whose they are


def framed(app: ASGIApp) -> ASGIApp:
    """Return `app` with each request under an id: the client's X-Request-ID if it is well-formed, else a new one."""

    async def frame(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            await _under_an_id(app, scope, receive, send)
        else:
            await app(scope, receive, send)

    return frame


async def _under_an_id(app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send) -> None:
    request_id = _id_of(scope)
    status: int | None = None

    async def send_with_id(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            message["headers"] = [*message["headers"], (HEADER.lower().encode(), request_id.encode())]
        await send(message)

    started = time.perf_counter()
    acting = act_id.set(None if scope["method"] in SAFE_METHODS else request_id)
    with structlog.contextvars.bound_contextvars(request=request_id):
        try:
            await app(scope, receive, send_with_id)
        finally:
            act_id.reset(acting)
            _tell(scope, status, time.perf_counter() - started)


def _id_of(scope: HTTPScope) -> str:
    given = next((value for name, value in scope["headers"] if name == HEADER.lower().encode()), b"")
    return given.decode() if WELL_FORMED.fullmatch(given) else uuid4().hex


def _tell(scope: HTTPScope, status: int | None, seconds: float) -> None:
    """Log that a request has ended: the template of its route, for what stands in its place or behind `?` is data."""
    if not scope["path"].startswith("/health/"):  # asked every few seconds
        route = scope.get("path_template")
        log.info("answered", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))
