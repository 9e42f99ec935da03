"""The mails about payments that came too late, and about refunds."""

from datetime import datetime

from app.domain.notifications.locale import MailText
from app.domain.notifications.locales.en.times import slot_line, start
from app.domain.notifications.schemas import AppointmentNotification


def payment_too_late(notification: AppointmentNotification, _: datetime) -> MailText:
    """Tell that nothing was charged, as the slot was gone."""
    return MailText(
        f"Not booked: {notification.doctor}, {start(notification)}",
        [
            f"Your payment for the appointment with {notification.doctor} came too late: the slot is no longer free.",
            slot_line(notification),
            f"Nothing was charged; the payment of {notification.payment} was not taken. "
            "To find another time, open your booking app.",
        ],
    )


def refund_requested(notification: AppointmentNotification, _: datetime) -> MailText:
    """Tell that what was charged goes back, as the slot was gone."""
    return MailText(
        f"Refund requested: {notification.payment}",
        [
            f"We are sorry: your payment of {notification.payment} arrived when this slot with {notification.doctor} "
            "was no longer yours.",
            slot_line(notification),
            "All of it goes back to you. You will get a mail when the refund is made.",
        ],
    )


def refund_completed(notification: AppointmentNotification, _: datetime) -> MailText:
    """Tell that money has gone back."""
    return MailText(
        f"Refunded: {notification.payment}",
        [
            f"Your payment of {notification.payment} for an appointment with {notification.doctor} "
            "has been refunded through PayPal.",
            slot_line(notification),
        ],
    )
