"""Assigns an id to each request, checks its host, and logs it when it ends."""

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
# Security headers for browsers, unless a response sets its own: no framing, sniffing, caching or referrers.
# https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers
SAFE_DEFAULTS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"strict-transport-security": b"max-age=63072000",  # seconds: two years; ignored by browsers without https
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
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}  # change nothing, so their statements carry no request id


def with_request_context(app: ASGIApp, hosts: frozenset[str]) -> ASGIApp:
    """Return `app` with an id for each request: the client's X-Request-ID if it is well-formed, else a new one.

    Requests for hosts other than `hosts` are refused. An empty `hosts` allows any host.
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
    outbox_token = outbox_request_id.set(None if scope["method"] in SAFE_METHODS else request_id)
    log_token = logs.request_id.set(request_id)
    # a pipelined request starts in the context of the previous request on its connection
    current_login.set(None)
    try:
        await app(scope, receive, send_with_id)
    finally:
        outbox_request_id.reset(outbox_token)
        _log_request(scope, status, time.perf_counter() - started)
        logs.request_id.reset(log_token)


def _safe_defaults(path: str, headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Return the headers of SAFE_DEFAULTS that a response does not set; /docs gets others, to run its scripts."""
    given = {name.lower() for name, _ in headers}
    defaults = SAFE_DEFAULTS | DOCS_DEFAULTS if path.startswith("/docs") else SAFE_DEFAULTS
    return ((name, value) for name, value in defaults.items() if name not in given)


def _id_of(scope: HTTPScope) -> str:
    given = next((value for name, value in scope["headers"] if name == REQUEST_ID_HEADER.lower().encode()), b"")
    return given.decode() if VALID_REQUEST_ID.fullmatch(given) else uuid4().hex


def _host_of(scope: HTTPScope) -> str | None:
    """Return the host of a request, in lower case and without port; None unless there is exactly one."""
    given = [value for name, value in scope["headers"] if name == b"host"]
    match = HOST.fullmatch(given[0]) if len(given) == 1 else None
    return match[1].decode().lower().removesuffix(".") if match else None


async def _refuse(_: Scope, __: Receive, send: Send) -> None:
    """Refuse a request for another host. A forged host would get into the links of responses and into caches."""
    problem = Problem(400, "Bad Request", "This API does not serve that host. Check the address.", "host_not_allowed")
    body = msgspec.json.encode(problem.body())
    headers = [(b"content-type", PROBLEM_JSON.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _is_health(scope: HTTPScope) -> bool:
    """Whether this is a health check. Load balancers send one every few seconds, often by IP address."""
    return scope["path"].startswith("/health/")


def _log_request(scope: HTTPScope, status: int | None, seconds: float) -> None:
    """Log the end of a request with the template of its route: path and query contain personal data."""
    if not _is_health(scope):
        route = scope.get("path_template")
        log.info("request_completed", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))
