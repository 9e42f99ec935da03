"""iCalendar files (RFC 5545) with appointments, for mails and the feed.

Times are in UTC, so that the file needs no time zone rules, and the repeated hour in autumn is unambiguous.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from urllib.parse import quote
from uuid import UUID

import msgspec
from icalendar import Calendar, Event, vCalAddress

PRODUCT = "-//doctor-appointment-booking//EN"  # required by RFC 5545, 3.7.3
SAFE_IN_MAILTO = "@!$&'*+-./=?^_`{|}~"  # allowed in an account's email, and valid in a URI unescaped

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]


class CalendarEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An appointment in a calendar. `uid` never changes, and the highest `version` is the current one."""

    uid: UUID
    version: int
    starts_at: datetime
    ends_at: datetime


class Party(msgspec.Struct, frozen=True):
    """The sender or the recipient of an event."""

    name: str
    email: str

    def address(self, **parameters: str) -> vCalAddress:
        """Return the value of ORGANIZER or ATTENDEE."""
        value = vCalAddress(f"mailto:{quote(self.email, safe=SAFE_IN_MAILTO)}")
        value.params.update({"CN": self.name, **parameters} if self.name else parameters)
        return value


def event(entry: CalendarEntry, summary: str, status: Status, at: datetime) -> Event:
    """Return an appointment as an event, created at `at`. Only the summary contains a name."""
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
    """Add the practice as the organizer and the recipient as the only attendee of a mailed event."""
    made.add("organizer", organizer.address())
    made.add("attendee", attendee.address(PARTSTAT="ACCEPTED", RSVP="FALSE", ROLE="REQ-PARTICIPANT"))
    return made


def calendar(events: Iterable[Event], method: Method, name: str = "") -> str:
    """Return an iCalendar file with these events."""
    file = Calendar()
    file.add("prodid", PRODUCT)
    file.add("version", "2.0")
    file.add("method", method)
    if name:
        file.add("x-wr-calname", name)  # the name of the feed in calendar apps
    for one in events:
        file.add_component(one)
    text: bytes = file.to_ical()
    return text.decode()
