"""The mails about slots that are offered to whoever waits."""

from datetime import datetime
from decimal import Decimal

from app.domain.notifications.locale import MailText
from app.domain.notifications.locales.en.times import format_instant, slot_line, start
from app.domain.notifications.schemas import AppointmentNotification
from app.domain.notifications.times import zone_of


def slot_offered(notification: AppointmentNotification, at: datetime) -> MailText:
    """Offer a slot."""
    assert notification.offer_expires_at is not None  # noqa: S101  the outbox knows it for this kind
    until = format_instant(notification.offer_expires_at, zone_of(notification))
    costs = (
        []
        if Decimal(notification.fee.partition(" ")[0]) == 0
        else [f"It costs {notification.fee}, to be paid at once."]
    )
    final = ["It starts so soon that it cannot be canceled any more."] if at >= notification.cancel_deadline else []
    return MailText(
        f"Free: a slot with {notification.doctor}, {start(notification)}",
        [
            f"Good news: a slot with {notification.doctor}, for whom you are waiting, has become free.",
            slot_line(notification),
            f"It is offered to you until {until}, and to others who wait: whoever accepts first has it. To accept or "
            "decline it, open this page, or your booking app:",
            f"  {notification.link}",
            *costs,
            *final,
            "Whatever you do, you keep your place in line. If you no longer need a slot, please leave the waitlist.",
        ],
    )


def offer_superseded(notification: AppointmentNotification, _: datetime) -> MailText:
    """Tell that a slot on offer is gone."""
    return MailText(
        f"No longer free: {notification.doctor}, {start(notification)}",
        [
            f"The slot with {notification.doctor} that was offered to you is no longer to be had: "
            "somebody was faster, or it was taken back.",
            slot_line(notification),
            "You keep your place in line, and will hear of the next slot.",
        ],
    )


def offer_expired(notification: AppointmentNotification, _: datetime) -> MailText:
    """Tell that an offer is over."""
    return MailText(
        f"Offer over: {notification.doctor}, {start(notification)}",
        [
            f"You have not accepted the slot with {notification.doctor}, and it is no longer kept for you.",
            slot_line(notification),
            "You keep your place in line. If you no longer need a slot, please leave the waitlist in your booking app.",
        ],
    )
