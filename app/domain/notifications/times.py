"""In which zone a mail tells times, and the name of it; how times are written is a locale's."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.domain.notifications.schemas import AppointmentNotification


def zone_of(notification: AppointmentNotification) -> ZoneInfo:
    """Return the recipient's zone."""
    try:
        return ZoneInfo(notification.timezone)
    except ZoneInfoNotFoundError:  # PostgreSQL's list of zones may be newer than ours
        return ZoneInfo("UTC")


def zone_name(zone: ZoneInfo, first: datetime, *others: datetime) -> str:
    """Name the zone, and which time of it is meant where the clocks go back and show an hour twice."""
    twice = any(t.replace(fold=0).utcoffset() != t.replace(fold=1).utcoffset() for t in (first, *others))
    return f"{zone.key}, {first.tzname()}" if twice else zone.key
