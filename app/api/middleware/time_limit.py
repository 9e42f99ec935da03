"""No request is left waiting: what is not answered in time gets 503."""

import asyncio

from litestar.config.app import AppConfig
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.outage_log import OutageLog


class RequestTimeoutError(TimeoutError):
    """The time for a request is over, and its work was stopped; nobody knows how far it had come."""


class TimeLimit(ASGIMiddleware):
    """Stops a request's work after `seconds`, unless its answer has begun by then.

    A database connection that is in the midst of a statement is closed with it. A session that is between two has up
    to 2 s more to undo what it has done.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._outage = OutageLog("api", seconds=seconds)

    def on_app_init(self, config: AppConfig) -> AppConfig:
        """Go before all other middleware, such as that which asks the database who is calling."""
        config.middleware.insert(0, self)
        return config

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let the rest of the app answer. Raises RequestTimeoutError if it does not in time."""
        status = HTTP_500_INTERNAL_SERVER_ERROR

        async def send_in_time(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            # before it is sent: what goes before the sending, such as the session's end, could not be told any more
            # that it is late, and how long the client takes to read is not our affair
            if not limit.expired():  # else somebody on the way has taken no notice, and a late answer beats none
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
        if status < HTTP_500_INTERNAL_SERVER_ERROR:  # to be told in time that nothing works is no sign that it does
            self._outage.report_recovery()
