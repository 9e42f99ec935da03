"""What frames every request: an id to find it by, a look at the host it names, and a line in the log at its end."""

import re
import time
from collections.abc import Iterable, Iterator
from uuid import uuid4

import msgspec
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from app import logs
from app.api.problems import PROBLEM_JSON, Problem
from app.db.driver import current_login, outbox_request_id

log = structlog.get_logger()

REQUEST_ID_HEADER = "X-Request-ID"
VALID_REQUEST_ID = re.compile(rb"[A-Za-z0-9_.-]{1,64}")
HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]*)?")
# For browsers: nothing here is to be framed, sniffed, cached or told to other sites unless an answer says so itself.
# https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers
SAFE_DEFAULTS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"strict-transport-security": b"max-age=63072000",  # seconds: two years; browsers heed it over https only
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
DOCS_DEFAULTS = {
    b"cache-control": b"no-cache",
    b"content-security-policy": (
        b"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        b"img-src 'self' data:; frame-ancestors 'none'"
    ),
}
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}  # they change nothing, so their statements need not tell whose they are


def with_request_context(app: ASGIApp, hosts: frozenset[str]) -> ASGIApp:
    """Return `app` with each request under an id: the client's X-Request-ID if it is well-formed, else a new one.

    A request for another host than `hosts` does not get to it; with no `hosts`, any host will do.
    """

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            allowed = not hosts or _is_health(scope) or _host_of(scope) in hosts
            await _with_request_id(app if allowed else _refuse, scope, receive, send)
        else:
            await app(scope, receive, send)

    return handle


async def _with_request_id(app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send) -> None:
    request_id = _id_of(scope)
    status: int | None = None

    async def send_with_id(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            message["headers"] = [
                *message["headers"],
                (REQUEST_ID_HEADER.lower().encode(), request_id.encode()),
                *_safe_defaults(scope["path"], message["headers"]),
            ]
        await send(message)

    started = time.perf_counter()
    acting = outbox_request_id.set(None if scope["method"] in SAFE_METHODS else request_id)
    telling = logs.request_id.set(request_id)
    # a request that was sent right behind another, on one connection, begins in that one's context
    current_login.set(None)
    try:
        await app(scope, receive, send_with_id)
    finally:
        outbox_request_id.reset(acting)
        _log_request(scope, status, time.perf_counter() - started)
        logs.request_id.reset(telling)


def _safe_defaults(path: str, headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the headers of SAFE_DEFAULTS that an answer does not set otherwise; the docs page runs its own scripts."""
    given = {name.lower() for name, _ in headers}
    defaults = SAFE_DEFAULTS | DOCS_DEFAULTS if path.startswith("/docs") else SAFE_DEFAULTS
    return ((name, value) for name, value in defaults.items() if name not in given)


def _id_of(scope: HTTPScope) -> str:
    given = next((value for name, value in scope["headers"] if name == REQUEST_ID_HEADER.lower().encode()), b"")
    return given.decode() if VALID_REQUEST_ID.fullmatch(given) else uuid4().hex


def _host_of(scope: HTTPScope) -> str | None:
    """Return the host that a request names, without port, in lower case; None if it does not name one host."""
    given = [value for name, value in scope["headers"] if name == b"host"]
    match = HOST.fullmatch(given[0]) if len(given) == 1 else None
    return match[1].decode().lower().removesuffix(".") if match else None


async def _refuse(_: Scope, __: Receive, send: Send) -> None:
    """Answer that the request is for somebody else: its host would be believed in the links of answers and caches."""
    problem = Problem(400, "Bad Request", "This API does not answer for that host.", "host_not_allowed")
    body = msgspec.json.encode(problem.body())
    headers = [(b"content-type", PROBLEM_JSON.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _is_health(scope: HTTPScope) -> bool:
    """Whether it asks for the state of this process, as a load balancer does every few seconds, often by address."""
    return scope["path"].startswith("/health/")


def _log_request(scope: HTTPScope, status: int | None, seconds: float) -> None:
    """Log that a request has ended: the template of its route, for what stands in its place or behind `?` is data."""
    if not _is_health(scope):
        route = scope.get("path_template")
        log.info("request_completed", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))
