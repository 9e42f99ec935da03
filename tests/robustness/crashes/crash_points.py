"""Crash points: before, during and after every statement to PostgreSQL and every call to PayPal.

The forks of processes.py are instrumented. Each request to them may name a crash point, which is a step (a statement or
call, by its name) and a moment of it. There the process is killed, or the request waits until a test lets it go on.
"""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, Literal
from weakref import WeakValueDictionary

import httpx
import msgspec
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import Receive, Scope, Send
from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db import driver
from app.domain.appointments import serialize_per_doctor
from app.domain.payments import gateway, lifecycle
from app.domain.payments.paypal.call import Timeouts
from app.domain.payments.paypal.client import PayPal

HEADER = "X-Crash-Point"
GO_ON, AND_DIE = "/go-on/", "/and-die/"  # and the number of the request

LONG = 600  # seconds; no timeout ends a request that waits

Moment = Literal["before", "sent", "answered"]
Verdict = Literal["dies", "waits"]

# sent: the answer has not been read; answered: it has not been used
MOMENTS: tuple[Moment, ...] = ("before", "sent", "answered")
CALLS = {
    "token": r"/v1/oauth2/token",
    "create_order": r"/v2/checkout/orders",
    "get_order": r"/v2/checkout/orders/[^/]+",
    "capture_order": r"/v2/checkout/orders/[^/]+/capture",
    "refund_capture": r"/v2/payments/captures/[^/]+/refund",
    "get_refund": r"/v2/payments/refunds/[^/]+",
}
STATEMENT = re.compile(r"FROM (\w+)|SELECT (\w+)\(")


class CrashPoint(Struct, frozen=True, kw_only=True):
    """Where a request dies or waits. Without a step, nowhere."""

    action: int = 0
    step: str = ""
    moment: Moment = "before"
    verdict: Verdict = "dies"


class ReachedPoint(Struct, frozen=True, kw_only=True):
    """A request has reached a moment of a step. `backend` is the PostgreSQL process that serves it."""

    action: int
    step: str
    moment: Moment
    verdict: Verdict | None
    pid: int
    backend: int | None = None


SendEvent = Callable[[bytes], None]

_crash_point: ContextVar[CrashPoint | None] = ContextVar("crash_point", default=None)
_events: dict[int, asyncio.Event] = {}  # by request that waits or has waited
_to_kill: set[int] = set()


class _NoLocks(WeakValueDictionary[int, asyncio.Lock]):
    def setdefault(self, key: int, default: asyncio.Lock) -> asyncio.Lock:
        del key
        return default


def watch(send_event: SendEvent) -> None:
    """Instrument this process. `send_event` gets each ReachedPoint as JSON."""
    lend = driver._connection_for  # noqa: SLF001  every statement gets its connection there

    @asynccontextmanager
    async def watched_driver(engine: AsyncEngine) -> AsyncIterator[Any]:
        async with lend(engine) as lent:
            yield WatchedDriver(lent, send_event)

    vars(driver).update(_connection_for=watched_driver, CLIENT_TIMEOUT_SECONDS=LONG)

    def watched_paypal(*account: str, timeouts: Timeouts) -> PayPal:
        http = httpx.AsyncClient(trust_env=False, transport=WatchedTransport(send_event))
        return PayPal(*account, timeouts=structs.replace(timeouts, total=LONG, attempts=2, pause=0.005), http=http)

    vars(gateway).update(PayPal=watched_paypal)
    vars(lifecycle).update(CAPTURE_WAIT_SECONDS=0)  # a request that waits for another's capture checks once
    vars(serialize_per_doctor).update(
        _doctor_locks=_NoLocks()
    )  # a request that waits must not block others of its process


def with_crash_points(app: Litestar) -> None:
    """Make `app` read the crash point of each request from its header, and let waiting requests go on."""
    serve = app.asgi_handler

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            _let_go_on(scope["path"])
            header = dict(scope["headers"]).get(HEADER.lower().encode())
            _crash_point.set(msgspec.json.decode(header, type=CrashPoint) if header else None)
        await serve(scope, receive, send)

    app.asgi_handler = handle


def _let_go_on(path: str) -> None:
    if path.startswith((GO_ON, AND_DIE)):
        action = int(path.rpartition("/")[2])
        _to_kill.update({action} if path.startswith(AND_DIE) else ())
        _events[action].set()


class WatchedDriver:
    """An asyncpg connection whose statements are steps."""

    def __init__(self, connection: Any, send_event: SendEvent) -> None:
        self._connection = connection
        self._send_event = send_event

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetch(self, sql: str, *arguments: Any) -> Any:
        found = STATEMENT.search(sql)
        assert found, sql
        reach = partial(_reach, self._send_event, found[1] or found[2], backend=self._connection.get_server_pid())
        await reach("before")
        if _verdict(found[1] or found[2], "sent"):
            statement = await self._connection.prepare(sql)
            sending = asyncio.ensure_future(statement.fetch(*arguments))
            await asyncio.sleep(0)  # sends the statement
            await reach("sent")
            return await sending
        try:
            return await self._connection.fetch(sql, *arguments)
        finally:
            await reach("answered")


class WatchedTransport(httpx.AsyncHTTPTransport):
    """Sends calls to PayPal, each of which is a step."""

    def __init__(self, send_event: SendEvent) -> None:
        super().__init__(trust_env=False)
        self._send_event = send_event

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        step = next(name for name, path in CALLS.items() if re.fullmatch(path, request.url.path))

        async def notice(event: str, _: dict[str, Any]) -> None:
            if event == "http11.receive_response_headers.started":
                await _reach(self._send_event, step, "sent")

        await _reach(self._send_event, step, "before")
        request.extensions["trace"] = notice
        answer = await super().handle_async_request(request)
        await answer.aread()
        await _reach(self._send_event, step, "answered")
        return answer


async def _reach(send_event: SendEvent, step: str, moment: Moment, backend: int | None = None) -> None:
    crash_point = _crash_point.get()
    if crash_point is None:
        return
    verdict = _verdict(step, moment)
    if verdict == "waits":
        _events[crash_point.action] = asyncio.Event()
    event = ReachedPoint(
        action=crash_point.action, step=step, moment=moment, verdict=verdict, pid=os.getpid(), backend=backend
    )
    send_event(msgspec.json.encode(event))
    if verdict == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    elif verdict == "waits":
        await _events[crash_point.action].wait()


def _verdict(step: str, moment: Moment) -> Verdict | None:
    crash_point = _crash_point.get()
    if crash_point is None:
        return None
    if crash_point.action in _events:  # a request waits once only
        return "dies" if crash_point.action in _to_kill else None
    return crash_point.verdict if (crash_point.step, crash_point.moment) == (step, moment) else None
