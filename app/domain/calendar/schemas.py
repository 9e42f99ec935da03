"""Schemas of the private calendar link and its feed."""

from typing import Annotated, Literal

import msgspec

from app.domain.calendar.icalendar_file import CalendarEntry


class CalendarLink(msgspec.Struct, frozen=True):
    """The private link to the caller's appointments. Keep it secret: it needs no login, and is shown only once."""

    url: Annotated[str, msgspec.Meta(description="The address to subscribe to in a calendar app.")]


class FeedEntry(CalendarEntry, frozen=True, kw_only=True):
    """An appointment as its owner's calendar shows it."""

    status: Literal["pending", "confirmed", "completed"]
    with_whom: str
