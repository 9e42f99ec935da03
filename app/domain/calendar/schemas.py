"""What of calendars comes in and goes out."""

from typing import Annotated, Literal

import msgspec

from app.domain.calendar.icalendar_file import CalendarEntry


class CalendarLink(msgspec.Struct, frozen=True):
    """Where calendars read one's appointments. Whoever has the link can read them: it is shown this once."""

    url: Annotated[str, msgspec.Meta(description="Subscribe to this address in a calendar; it needs no login.")]


class FeedEntry(CalendarEntry, frozen=True, kw_only=True):
    """An appointment as its owner's calendar shows it."""

    status: Literal["pending", "confirmed", "completed"]
    with_whom: str
