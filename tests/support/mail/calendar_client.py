"""A calendar client that applies the files of mails (RFC 5546). An independent library parses the files."""

from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import vobject


class StoredEvent(NamedTuple):
    sequence: int
    start: datetime
    end: datetime
    summary: str


class Calendar:
    def __init__(self) -> None:
        self.events: dict[str, StoredEvent] = {}

    def take(self, file: str) -> None:
        """Apply a file: add an event, update an older version of it, or remove it."""
        read: Any = vobject.readOne(file)
        (found,) = read.vevent_list
        uid, new = found.uid.value, _known(found)
        assert found.dtstamp.value
        assert found.organizer.value.startswith("mailto:")
        known = self.events.get(uid)
        if known and known.sequence >= new.sequence:
            return
        if read.method.value == "REQUEST":
            self.events[uid] = new
        elif read.method.value == "CANCEL":
            assert found.status.value == "CANCELLED"
            self.events.pop(uid, None)
        else:
            raise AssertionError(read.method.value)

    def shows(self, zone: str) -> list[str]:
        """Return the start and the end of each event in a time zone."""
        return [
            f"{event.start.astimezone(ZoneInfo(zone)):%d %B %H:%M %Z}-{event.end.astimezone(ZoneInfo(zone)):%H:%M}"
            for event in self.events.values()
        ]


def _known(found: Any) -> StoredEvent:
    return StoredEvent(int(found.sequence.value), found.dtstart.value, found.dtend.value, found.summary.value)
