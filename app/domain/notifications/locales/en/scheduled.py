"""The mails that are planned ahead: a hold that is to be paid, and a visit that is near."""

from datetime import datetime

from app.domain.notifications.locale import MailText
from app.domain.notifications.locales.en.times import format_instant, slot_line, start
from app.domain.notifications.schemas import AppointmentNotification
from app.domain.notifications.times import zone_of


def held(letter: AppointmentNotification, _: datetime) -> MailText:
    """Tell until when a slot is held."""
    return MailText(
        f"Held for you: {letter.doctor}, {start(letter)}",
        [
            f"A slot with {letter.doctor} is held for you:",
            slot_line(letter),
            f"To have the appointment, pay {letter.fee} in your booking app until {_end_of_hold(letter)}. "
            "After that, the slot is free for others.",
        ],
    )


def lapsing(letter: AppointmentNotification, _: datetime) -> MailText:
    """Tell that a hold ends soon."""
    return MailText(
        f"Still to be paid: {letter.doctor}, {start(letter)}",
        [
            f"Your appointment with {letter.doctor} is not paid yet.",
            slot_line(letter),
            f"It is held for you until {_end_of_hold(letter)}. If you still want it, pay {letter.fee} in your booking "
            "app by then. If not, you need not do anything.",
        ],
    )


def reminder(letter: AppointmentNotification, at: datetime) -> MailText:
    """Remind of a visit."""
    if at < letter.cancel_deadline:
        until = format_instant(letter.cancel_deadline, zone_of(letter))
        otherwise = f"If you cannot come, please cancel it in your booking app. You may do so until {until}."
    else:
        otherwise = "If you cannot come, please call the practice."
    return MailText(
        f"Reminder: {letter.doctor}, {start(letter)}",
        [f"This is a reminder of your appointment with {letter.doctor}.", slot_line(letter), otherwise],
    )


def _end_of_hold(letter: AppointmentNotification) -> str:
    assert letter.hold_expires_at is not None  # noqa: S101  whatever is held has an end
    return format_instant(letter.hold_expires_at, zone_of(letter))
