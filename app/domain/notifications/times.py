"""The time zone of a mail and its name. The locales format the times."""

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
    """Return the zone's name, with the abbreviation (such as CEST) in an hour that occurs twice."""

    twice = any(t.replace(fold=0).utcoffset() != t.replace(fold=1).utcoffset() for t in (first, *others))
    return f"{zone.key}, {first.tzname()}" if twice else zone.key
