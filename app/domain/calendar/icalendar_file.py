"""iCalendar (RFC 5545): appointments as calendars take them, from a mail or from a feed.

Times are written in UTC, which every calendar shows in its own zone: nothing is left to a table of summer times, and
an hour that comes twice is told apart.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from urllib.parse import quote
from uuid import UUID

import msgspec
from icalendar import Calendar, Event, vCalAddress

PRODUCT = "-//doctor-appointment-booking//EN"  # who wrote the file, as RFC 5545, 3.7.3 wants to be told
SAFE_IN_MAILTO = "@!$&'*+-./=?^_`{|}~"  # what the regex of an account's email allows and a URI need not escape

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]


class CalendarEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An appointment in a calendar: `uid` is its own for good, and what has the highest version is what counts."""

    uid: UUID
    version: int
    starts_at: datetime
    ends_at: datetime


class Party(msgspec.Struct, frozen=True):
    """Who sends an event, or to whom."""

    name: str
    email: str

    def address(self, **parameters: str) -> vCalAddress:
        """Return it as the value of ORGANIZER or ATTENDEE."""
        value = vCalAddress(f"mailto:{quote(self.email, safe=SAFE_IN_MAILTO)}")
        value.params.update({"CN": self.name, **parameters} if self.name else parameters)
        return value


def event(entry: CalendarEntry, summary: str, status: Status, at: datetime) -> Event:
    """Return an appointment as an event, as of the instant `at`; nothing in it names anybody but the summary."""
    made = Event()
    made.add("uid", str(entry.uid))
    made.add("sequence", entry.version)
    made.add("dtstamp", at)
    made.add("dtstart", entry.starts_at)
    made.add("dtend", entry.ends_at)
    made.add("summary", summary)
    made.add("status", status)
    made.add("class", "PRIVATE")
    return made


def add_participants(made: Event, organizer: Party, attendee: Party) -> Event:
    """Return an event as it is mailed: from the practice's address, to this one reader and nobody else."""
    made.add("organizer", organizer.address())
    made.add("attendee", attendee.address(PARTSTAT="ACCEPTED", RSVP="FALSE", ROLE="REQ-PARTICIPANT"))
    return made


def calendar(events: Iterable[Event], method: Method, name: str = "") -> str:
    """Return the file that holds these events."""
    file = Calendar()
    file.add("prodid", PRODUCT)
    file.add("version", "2.0")
    file.add("method", method)
    if name:
        file.add("x-wr-calname", name)  # of a feed, as calendars show it
    for one in events:
        file.add_component(one)
    text: bytes = file.to_ical()
    return text.decode()
