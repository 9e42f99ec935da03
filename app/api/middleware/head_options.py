"""HEAD and OPTIONS, which HTTP has at every address: Litestar refuses HEAD, and answers OPTIONS by controller.

https://www.rfc-editor.org/rfc/rfc9110.html#name-head, #name-options
"""

from collections.abc import Iterable
from typing import cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

UNSUPPORTED_METHOD = "TRACE"  # a method that no address takes, so what it takes is told in the refusal
PREFLIGHT = b"access-control-request-method"
BODY_HEADERS = {b"content-length", b"content-type"}


def with_head_and_options(app: ASGIApp, *, cors: bool) -> ASGIApp:
    """Return `app` with HEAD answered as GET is, but without a body, and OPTIONS with what an address takes.

    With `cors`, the app itself answers what browsers ask before they call from a page of another origin.
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
    # The server looks at the outer scope's method, and sends no body for HEAD. What the app notes in its own, those
    # who see the answer look for in the outer one: the session to close, the route to log.
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
    """Turn a refusal of the method into the answer to OPTIONS; another stays what it is."""
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
