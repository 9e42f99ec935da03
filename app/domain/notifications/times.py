"""How mails tell times: in their reader's zone, which they name."""

from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.domain.notifications.schemas import Letter


def zone_of(letter: Letter) -> ZoneInfo:
    """Return the recipient's zone."""
    try:
        return ZoneInfo(letter.timezone)
    except ZoneInfoNotFoundError:  # PostgreSQL's list of zones may be newer than ours
        return ZoneInfo("UTC")


def start(letter: Letter) -> str:
    """Return when the appointment starts, such as `Thursday 26 November 2026, 14:00`."""
    return _clock(letter.starts_at.astimezone(zone_of(letter)))


def when(letter: Letter) -> str:
    """Return the slot in the recipient's time, such as `  Thursday 26 November 2026, 14:00-14:30 (Europe/Berlin)`."""
    zone = zone_of(letter)
    first, last = letter.starts_at.astimezone(zone), letter.ends_at.astimezone(zone)
    return f"  {_clock(first)}-{last:%H:%M} ({_zone_name(zone, first, last)})"


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """Return an instant, such as `Thursday 26 November 2026, 14:00 (Europe/Berlin)`."""
    local = instant.astimezone(zone)
    return f"{_clock(local)} ({_zone_name(zone, local)})"


def day(date_: date) -> str:
    """Return a date, such as `Thursday 26 November 2026`."""
    return f"{date_:%A} {date_.day} {date_:%B %Y}"


def _clock(local: datetime) -> str:
    return f"{day(local)}, {local:%H:%M}"


def _zone_name(zone: ZoneInfo, first: datetime, *others: datetime) -> str:
    """Name the zone, and which time of it is meant where the clocks go back and show an hour twice."""
    twice = any(t.replace(fold=0).utcoffset() != t.replace(fold=1).utcoffset() for t in (first, *others))
    return f"{zone.key}, {first.tzname()}" if twice else zone.key
