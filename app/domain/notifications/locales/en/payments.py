"""The mails about payments that came too late, and about refunds."""

from datetime import datetime

from app.domain.notifications.locale import MailText
from app.domain.notifications.locales.en.times import slot_line, start
from app.domain.notifications.schemas import AppointmentNotification


def payment_too_late(letter: AppointmentNotification, _: datetime) -> MailText:
    """Tell that nothing was charged, as the slot was gone."""
    return MailText(
        f"Not booked: {letter.doctor}, {start(letter)}",
        [
            f"Your payment for the appointment with {letter.doctor} came too late: the slot is no longer free.",
            slot_line(letter),
            f"Nothing was charged; the payment of {letter.payment} was not taken. "
            "To find another time, open your booking app.",
        ],
    )


def refund_requested(letter: AppointmentNotification, _: datetime) -> MailText:
    """Tell that what was charged goes back, as the slot was gone."""
    return MailText(
        f"Refund requested: {letter.payment}",
        [
            f"We are sorry: your payment of {letter.payment} arrived when this slot with {letter.doctor} "
            "was no longer yours.",
            slot_line(letter),
            "All of it goes back to you. You will get a mail when the refund is made.",
        ],
    )


def refund_completed(letter: AppointmentNotification, _: datetime) -> MailText:
    """Tell that money has gone back."""
    return MailText(
        f"Refunded: {letter.payment}",
        [
            f"Your payment of {letter.payment} for an appointment with {letter.doctor} "
            "has been refunded through PayPal.",
            slot_line(letter),
        ],
    )
