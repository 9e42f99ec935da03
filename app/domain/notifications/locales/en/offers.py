"""The mails about slots that are offered to waiting patients."""

from datetime import datetime
from decimal import Decimal

from app.domain.notifications.locale import MailText
from app.domain.notifications.locales.en.times import format_instant, slot_line, start
from app.domain.notifications.schemas import AppointmentNotification
from app.domain.notifications.times import zone_of


def slot_offered(notification: AppointmentNotification, at: datetime) -> MailText:
    """Offer a slot."""
    assert notification.offer_expires_at is not None  # noqa: S101  set for this kind
    until = format_instant(notification.offer_expires_at, zone_of(notification))
    costs = (
        []
        if Decimal(notification.fee.partition(" ")[0]) == 0
        else [f"The appointment costs {notification.fee}, which you pay when you accept."]
    )
    final = ["It starts too soon to be canceled after you accept."] if at >= notification.cancel_deadline else []
    return MailText(
        f"Free: a slot with {notification.doctor}, {start(notification)}",
        [
            f"Good news: a slot with {notification.doctor} is available.",
            slot_line(notification),
            f"This offer is valid until {until}. Other waiting patients may receive it too, and the first to accept "
            "gets the slot. To accept or decline, open this page or your booking app:",
            f"  {notification.link}",
            *costs,
            *final,
            "If you do not take this slot, you keep your place in line. If you no longer need a slot, please leave the "
            "waitlist in your booking app.",
        ],
    )


def offer_superseded(notification: AppointmentNotification, _: datetime) -> MailText:
    """Report that an offered slot is gone."""
    return MailText(
        f"No longer available: {notification.doctor}, {start(notification)}",
        [
            f"Sorry, the slot with {notification.doctor} that we offered you is no longer available.",
            slot_line(notification),
            "You keep your place in line. We will send you a mail when another slot opens.",
        ],
    )


def offer_expired(notification: AppointmentNotification, _: datetime) -> MailText:
    """Report that an offer has expired."""
    return MailText(
        f"Offer expired: {notification.doctor}, {start(notification)}",
        [
            f"The offer of a slot with {notification.doctor} has expired because you did not accept it in time.",
            slot_line(notification),
            "You keep your place in line. If you no longer need a slot, please leave the waitlist in your booking app.",
        ],
    )
