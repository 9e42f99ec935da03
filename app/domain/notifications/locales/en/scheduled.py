"""The mails that are scheduled in advance: about unpaid holds and upcoming appointments."""

from datetime import datetime

from app.domain.notifications.locale import MailText
from app.domain.notifications.locales.en.times import format_instant, slot_line, start
from app.domain.notifications.schemas import AppointmentNotification
from app.domain.notifications.times import zone_of


def held(notification: AppointmentNotification, _: datetime) -> MailText:
    """Report a hold and its end."""
    return MailText(
        f"Held for you: {notification.doctor}, {start(notification)}",
        [
            f"A slot with {notification.doctor} is held for you:",
            slot_line(notification),
            f"To confirm the appointment, pay {notification.fee} in your booking app. The slot is held until "
            f"{_end_of_hold(notification)}. After that, other patients can book it.",
        ],
    )


def lapsing(notification: AppointmentNotification, _: datetime) -> MailText:
    """Warn that a hold ends soon."""
    return MailText(
        f"Payment due: {notification.doctor}, {start(notification)}",
        [
            f"Your appointment with {notification.doctor} is not paid yet.",
            slot_line(notification),
            f"The slot is held for you until {_end_of_hold(notification)}. If you still want it, pay "
            f"{notification.fee} in your booking app by then. Otherwise, you do not need to do anything.",
        ],
    )


def reminder(notification: AppointmentNotification, at: datetime) -> MailText:
    """Remind the patient of an appointment."""
    if at < notification.cancel_deadline:
        until = format_instant(notification.cancel_deadline, zone_of(notification))
        otherwise = f"If you cannot come, please cancel in your booking app. You can cancel until {until}."
    else:
        otherwise = "If you cannot come, please call the practice."
    return MailText(
        f"Reminder: {notification.doctor}, {start(notification)}",
        [f"This is a reminder of your appointment with {notification.doctor}.", slot_line(notification), otherwise],
    )


def _end_of_hold(notification: AppointmentNotification) -> str:
    assert notification.hold_expires_at is not None  # noqa: S101  set for every hold
    return format_instant(notification.hold_expires_at, zone_of(notification))
