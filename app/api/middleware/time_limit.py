"""Stops requests that take too long, and answers 503."""

import asyncio

from litestar.config.app import AppConfig
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.outage_log import OutageLog


class RequestTimeoutError(TimeoutError):
    """A request was stopped because it took too long. Its outcome is unknown."""


class TimeLimit(ASGIMiddleware):
    """Stops a request after `seconds`, unless its response has begun.

    A database connection in the middle of a statement is closed. A session between two statements gets up to 2 s more
    to roll back.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._outage = OutageLog("api", seconds=seconds)

    def on_app_init(self, config: AppConfig) -> AppConfig:
        """Insert this before all other middleware, so that the limit includes authentication."""
        config.middleware.insert(0, self)
        return config

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Call the rest of the app. Raises RequestTimeoutError if it does not respond in time."""
        status = HTTP_500_INTERNAL_SERVER_ERROR

        async def send_in_time(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            # The limit is lifted before sending. `send` first runs hooks, such as the end of the session; after a
            # timeout there, no answer could be sent. The time that the client takes to read does not count.
            if not limit.expired():  # else the handler ignored the cancellation; a late response is better than none
                limit.reschedule(None)
            await send(message)

        try:
            async with asyncio.timeout(self._seconds) as limit:
                await next_app(scope, receive, send_in_time)
        except TimeoutError as error:
            if not limit.expired():
                raise
            late = RequestTimeoutError(f"no answer within {self._seconds:g} s")
            self._outage.report_failure(late)
            raise late from error
        if status < HTTP_500_INTERNAL_SERVER_ERROR:  # a 5xx in time does not show that the API works
            self._outage.report_recovery()
