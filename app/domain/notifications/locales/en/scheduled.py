"""The mails that are planned ahead: a hold that is to be paid, and a visit that is near."""

from datetime import datetime

from app.domain.notifications.locale import MailText
from app.domain.notifications.locales.en.times import format_instant, slot_line, start
from app.domain.notifications.schemas import AppointmentNotification
from app.domain.notifications.times import zone_of


def held(notification: AppointmentNotification, _: datetime) -> MailText:
    """Tell until when a slot is held."""
    return MailText(
        f"Held for you: {notification.doctor}, {start(notification)}",
        [
            f"A slot with {notification.doctor} is held for you:",
            slot_line(notification),
            f"To have the appointment, pay {notification.fee} in your booking app until {_end_of_hold(notification)}. "
            "After that, the slot is free for others.",
        ],
    )


def lapsing(notification: AppointmentNotification, _: datetime) -> MailText:
    """Tell that a hold ends soon."""
    return MailText(
        f"Still to be paid: {notification.doctor}, {start(notification)}",
        [
            f"Your appointment with {notification.doctor} is not paid yet.",
            slot_line(notification),
            f"It is held for you until {_end_of_hold(notification)}. If you still want it, pay {notification.fee} in "
            "your booking app by then. If not, you need not do anything.",
        ],
    )


def reminder(notification: AppointmentNotification, at: datetime) -> MailText:
    """Remind of a visit."""
    if at < notification.cancel_deadline:
        until = format_instant(notification.cancel_deadline, zone_of(notification))
        otherwise = f"If you cannot come, please cancel it in your booking app. You may do so until {until}."
    else:
        otherwise = "If you cannot come, please call the practice."
    return MailText(
        f"Reminder: {notification.doctor}, {start(notification)}",
        [f"This is a reminder of your appointment with {notification.doctor}.", slot_line(notification), otherwise],
    )


def _end_of_hold(notification: AppointmentNotification) -> str:
    assert notification.hold_expires_at is not None  # noqa: S101  whatever is held has an end
    return format_instant(notification.hold_expires_at, zone_of(notification))
