"""HEAD and OPTIONS for every address. Litestar itself refuses HEAD, and answers OPTIONS for each controller.

https://www.rfc-editor.org/rfc/rfc9110.html#name-head, #name-options
"""

from collections.abc import Iterable
from typing import cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

UNSUPPORTED_METHOD = "TRACE"  # no address supports it, so the 405 lists the supported methods in `Allow`
PREFLIGHT = b"access-control-request-method"
BODY_HEADERS = {b"content-length", b"content-type"}


def with_head_and_options(app: ASGIApp, *, cors: bool) -> ASGIApp:
    """Return `app` with support for HEAD, as GET without a body, and for OPTIONS, with the methods of an address.

    With `cors`, the app itself answers the preflight requests of browsers.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
        elif scope["method"] == "HEAD":
            await _call_as("GET", app, scope, receive, _allow_head(_without_body(send)))
        elif scope["method"] == "OPTIONS" and not (cors and any(name == PREFLIGHT for name, _ in scope["headers"])):
            await _call_as(UNSUPPORTED_METHOD, app, scope, receive, _as_options_answer(send))
        else:
            await app(scope, receive, _allow_head(send))

    return answer


async def _call_as(method: str, app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send) -> None:
    # The server reads the method of the outer scope, to send no body for HEAD. The app writes to the inner scope, and
    # what runs after it reads the outer one: the session to close, the route to log.
    inner = cast("HTTPScope", {**scope, "method": method})

    async def send_outside(message: Message) -> None:
        scope.update({**inner, "method": scope["method"]})
        await send(message)

    await app(inner, receive, send_outside)


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_head


def _allow_head(send: Send) -> Send:
    async def send_allowing_head(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 405:
            message["headers"] = list(_allowing_head(message["headers"]))
        await send(message)

    return send_allowing_head


def _as_options_answer(send: Send) -> Send:
    """Turn a 405 into the answer to OPTIONS; leave other responses unchanged."""
    is_options_answer = False

    async def send_options_answer(message: Message) -> None:
        nonlocal is_options_answer
        if message["type"] == "http.response.start" and message["status"] == 405:
            is_options_answer = True
            message["status"] = 204
            message["headers"] = [
                (name, value) for name, value in _allowing_head(message["headers"]) if name not in BODY_HEADERS
            ]
        elif is_options_answer and message["type"] == "http.response.body":
            message["body"] = b""
        await send(message)

    return send_options_answer


def _allowing_head(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
    for name, value in headers:
        if name == b"allow":
            allowed = set(value.split(b", "))
            yield name, b", ".join(sorted(allowed | {b"HEAD"} if b"GET" in allowed else allowed))
        else:
            yield name, value
