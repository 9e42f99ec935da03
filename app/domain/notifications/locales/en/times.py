"""Formats times in English, in the recipient's time zone, which the text names."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.domain.notifications.schemas import AppointmentNotification
from app.domain.notifications.times import zone_name, zone_of


def start(notification: AppointmentNotification) -> str:
    """Return when the appointment starts, such as `Thursday 26 November 2026, 14:00`."""
    return _clock(notification.starts_at.astimezone(zone_of(notification)))


def slot_line(notification: AppointmentNotification) -> str:
    """Return the slot in the recipient's time, such as `  Thursday 26 November 2026, 14:00-14:30 (Europe/Berlin)`."""
    zone = zone_of(notification)
    first, last = notification.starts_at.astimezone(zone), notification.ends_at.astimezone(zone)
    return f"  {_clock(first)}-{last:%H:%M} ({zone_name(zone, first, last)})"


def format_instant(instant: datetime, zone: ZoneInfo) -> str:
    """Return an instant, such as `Thursday 26 November 2026, 14:00 (Europe/Berlin)`."""
    local = instant.astimezone(zone)
    return f"{_clock(local)} ({zone_name(zone, local)})"


def day(date_: date) -> str:
    """Return a date, such as `Thursday 26 November 2026`."""
    return f"{date_:%A} {date_.day} {date_:%B %Y}"


def _clock(local: datetime) -> str:
    return f"{day(local)}, {local:%H:%M}"
