"""The calendar of the model: time spans, time zones, and the slots of a doctor's working hours."""

import struct
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY, MINUTE, MOMENT = timedelta(days=1), timedelta(minutes=1), timedelta(milliseconds=1)
_made: dict[str, ZoneInfo] = {}


class Interval(NamedTuple):
    """Working hours: minutes of the local day on an ISO weekday."""

    weekday: int
    start_minute: int
    end_minute: int


class Span(NamedTuple):
    """A time span. Its end is not part of it."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end

    def earlier(self, time: timedelta) -> "Span":
        return Span(self.start - time, self.end - time)


def make_zone(today: date) -> str:
    """Return a zone whose clocks go forward three days after `today` and back after eight, in the middle of the day.

    Real zones do so at night in spring and autumn; with this zone every run covers both changes. Its name is its POSIX rule,
    which PostgreSQL accepts as a zone. zoneinfo gets the two instants instead, because it misreads such rules in leap years.
    """
    forward, back = (_not_leap(today + n * DAY) for n in (3, 8))
    name = f"<+01>-1<+02>,J{forward.replace(year=2023):%j}/10,J{back.replace(year=2023):%j}/15"
    instants = datetime.combine(forward, time(9), UTC), datetime.combine(back, time(13), UTC)
    _made[name] = ZoneInfo.from_file(BytesIO(_tzif(instants)), key=name)
    return name


def _not_leap(day: date) -> date:
    """Return the day, or the day before 29 February, which Jn in such a rule cannot name."""
    return day - DAY if (day.month, day.day) == (2, 29) else day


def _tzif(instants: tuple[datetime, datetime]) -> bytes:
    """Return a zone file (RFC 9636): one hour ahead of UTC, and two hours between the two instants."""
    header = b"TZif2" + bytes(15)
    empty = header + struct.pack(">6l", 0, 0, 0, 0, 1, 1) + bytes(7)  # the 32-bit block, which is empty
    counts = struct.pack(">6l", 0, 0, 0, 2, 2, 8)
    changes = struct.pack(">2q2B", *(int(instant.timestamp()) for instant in instants), 1, 0)
    types = struct.pack(">lBBlBB", 3600, 0, 0, 7200, 1, 4)
    return empty + header + counts + changes + types + b"+01\0+02\0" + b"\n<+01>-1\n"


def _zone(name: str) -> ZoneInfo:
    return _made.get(name) or ZoneInfo(name)


def local(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(_zone(zone)).replace(tzinfo=None)


def instant(shown: datetime, zone: str) -> datetime:
    """Return the instant of a local time: of two the later one; a skipped time is read by the clock before the change.

    In both cases the smaller of the two offsets applies.
    """
    there = shown.replace(tzinfo=_zone(zone))
    offset = min(there.replace(fold=fold).utcoffset() or timedelta(0) for fold in (0, 1))
    return (shown - offset).replace(tzinfo=UTC)


def slots(
    zone: str, week: tuple[Interval, ...], length: int, buffer: int, first: datetime, last: datetime
) -> list[datetime]:
    """Return the starts from `first` to `last` that are on the grid, in order; lengths are minutes."""
    slot, step = length * MINUTE, (length + buffer) * MINUTE
    starts = []
    for opens, closes in _openings(week, local(first, zone).date(), local(last, zone).date()):
        start, last_start = instant(opens, zone), min(instant(closes, zone) - slot, last)
        while start <= last_start:
            if first <= start and _within(zone, opens, closes, Span(start, start + slot)):
                starts.append(start)
            start += step
    return sorted(starts)


def covers(zone: str, week: tuple[Interval, ...], span: Span) -> bool:
    """Whether a span lies within one interval of the working hours, on the grid or not."""
    day = local(span.start, zone).date()
    return any(
        instant(opens, zone) <= span.start and span.end <= instant(closes, zone) and _within(zone, opens, closes, span)
        for opens, closes in _openings(week, day, day)
    )


def _openings(week: tuple[Interval, ...], first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield the local start and end of the working hours of each day."""
    for n in range((last - first).days + 1):
        midnight = datetime.combine(first + n * DAY, time())
        for interval in week:
            if interval.weekday == midnight.isoweekday():
                yield midnight + interval.start_minute * MINUTE, midnight + interval.end_minute * MINUTE


def _within(zone: str, opens: datetime, closes: datetime, span: Span) -> bool:
    """Whether the local time, which may change in between, is within the hours from the first to the last moment."""
    return opens <= local(span.start, zone) and local(span.end - MOMENT, zone) < closes
