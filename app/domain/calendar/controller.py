"""`/api/accounts/me/calendar`: the private link to `/api/calendar/{token}.ics`, for calendar apps to subscribe to.

Calendar apps cannot log in, so the link is the secret: 256 random bits, stored as a hash, one for each account. The
calendar shows when and with whom the appointments are, and no address.
"""

from datetime import UTC, datetime
from typing import Any

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.security.jwt import Token
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.problems import not_found
from app.domain.auth.tokens import Caller, Secret
from app.domain.calendar.icalendar_file import calendar, event
from app.domain.calendar.repository import CalendarFeedRepository
from app.domain.calendar.schemas import CalendarLink, FeedEntry
from app.domain.shared_schemas import Done
from app.settings import Settings

SUFFIX = ".ics"  # some calendar apps require it
NAME = "Appointments"


async def provide_feeds(db_engine: NamedDependency[AsyncEngine]) -> CalendarFeedRepository:
    """Provide the repository of a request."""
    return CalendarFeedRepository(db_engine)


class CalendarController(Controller):
    """The private calendar link, and the feed behind it."""

    path = "/api"
    tags = ("accounts",)
    dependencies = {"feeds": Provide(provide_feeds)}  # noqa: RUF012  Litestar reads it from the class

    @post("/accounts/me/calendar", operation_id="make_calendar_link")
    async def make(
        self,
        request: Request[Caller, Token, Any],
        feeds: NamedDependency[CalendarFeedRepository],
        settings: NamedDependency[Settings],
    ) -> CalendarLink:
        """Create a private link to the caller's appointments, for calendar apps to subscribe to.

        The previous link stops working.
        """
        token = Secret.new()
        await feeds.open(request.user.id, token.hash)
        return CalendarLink(f"{settings.public_url.rstrip('/')}/api/calendar/{token.text}{SUFFIX}")

    @delete("/accounts/me/calendar", operation_id="end_calendar_link", status_code=200)
    async def end(self, request: Request[Caller, Token, Any], feeds: NamedDependency[CalendarFeedRepository]) -> Done:
        """Delete the private link to the caller's appointments, if there is one."""
        await feeds.close(request.user.id)
        return Done("Your calendar link no longer works.")

    # The token stays out of the log, which contains the route instead of the path
    # (app/api/middleware/request_context.py).
    @get("/calendar/{file:str}", exclude_from_auth=True, include_in_schema=False)
    async def show(self, file: FromPath[str], feeds: NamedDependency[CalendarFeedRepository]) -> Response[str]:
        """Return the appointments behind a private link as an iCalendar file."""
        token, suffix, rest = file.partition(SUFFIX)
        entries = await feeds.entries(Secret.of(token).hash) if suffix and not rest else None
        if entries is None:
            raise not_found("calendar")
        return Response(_render(entries), media_type="text/calendar")


def _render(entries: list[FeedEntry]) -> str:
    at = datetime.now(UTC)
    return calendar(
        (
            event(
                entry,
                f"Appointment with {entry.with_whom}",
                "TENTATIVE" if entry.status == "pending" else "CONFIRMED",
                at,
            )
            for entry in entries
        ),
        "PUBLISH",
        NAME,
    )
