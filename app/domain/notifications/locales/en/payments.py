"""The mails about payments that arrived too late, and about refunds."""

from datetime import datetime

from app.domain.notifications.locale import MailText
from app.domain.notifications.locales.en.times import slot_line, start
from app.domain.notifications.schemas import AppointmentNotification


def payment_too_late(notification: AppointmentNotification, _: datetime) -> MailText:
    """Report that the slot was gone before the payment was taken."""
    return MailText(
        f"Not booked: {notification.doctor}, {start(notification)}",
        [
            f"Your payment for the appointment with {notification.doctor} arrived too late: the slot is no longer "
            "available.",
            slot_line(notification),
            f"You were not charged: the payment of {notification.payment} was not taken. "
            "To book another time, open your booking app.",
        ],
    )


def refund_requested(notification: AppointmentNotification, _: datetime) -> MailText:
    """Report that a payment is refunded because the slot was gone."""
    return MailText(
        f"Refund requested: {notification.payment}",
        [
            f"We are sorry: your payment of {notification.payment} arrived too late. This slot with "
            f"{notification.doctor} was no longer held for you.",
            slot_line(notification),
            "You receive a full refund. We will send you a mail when it is complete.",
        ],
    )


def refund_completed(notification: AppointmentNotification, _: datetime) -> MailText:
    """Report a completed refund."""
    return MailText(
        f"Refunded: {notification.payment}",
        [
            f"Your payment of {notification.payment} for an appointment with {notification.doctor} "
            "was refunded through PayPal.",
            slot_line(notification),
        ],
    )
