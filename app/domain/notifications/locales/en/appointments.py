"""The mails about confirmed, moved and canceled appointments, to the patient and to the doctor."""

from datetime import datetime

from app.domain.notifications.locale import MailText
from app.domain.notifications.locales.en.times import format_instant, slot_line, start
from app.domain.notifications.schemas import AppointmentNotification
from app.domain.notifications.times import zone_of


def confirmed_to_patient(notification: AppointmentNotification, at: datetime) -> MailText:
    """Confirm an appointment and the payment."""
    if at < notification.cancel_deadline:
        until = format_instant(notification.cancel_deadline, zone_of(notification))
        cancel = f"If you cannot come, please cancel in your booking app. You can cancel until {until}."
    else:
        cancel = "It starts too soon to be canceled in your booking app. If you cannot come, please call the practice."
    return MailText(
        f"Confirmed: {notification.doctor}, {start(notification)}",
        [
            f"Your appointment with {notification.doctor} is confirmed.",
            slot_line(notification),
            *_receipt(notification),
            cancel,
        ],
    )


def confirmed_to_doctor(notification: AppointmentNotification, _: datetime) -> MailText:
    """Report a booking."""
    return MailText(
        f"Booked: {notification.patient}, {start(notification)}",
        [f"{notification.patient} has booked an appointment with you.", slot_line(notification)],
    )


def canceled_to_patient(notification: AppointmentNotification, _: datetime) -> MailText:
    """Report a cancellation: by whom, why, and what is refunded."""
    news = {
        "patient": f"You canceled your appointment with {notification.doctor}.",
        "doctor": f"We are sorry: {notification.doctor} had to cancel your appointment.",
    }.get(
        notification.canceled_by or "", f"We are sorry: your appointment with {notification.doctor} had to be canceled."
    )
    again = [] if notification.recipient_erased else ["To book another time, open your booking app."]
    paragraphs = [
        news,
        slot_line(notification),
        *_also_canceled(notification),
        *_reason(notification),
        *_refunds(notification),
        *again,
    ]
    return MailText(f"Canceled: {notification.doctor}, {start(notification)}", paragraphs)


def canceled_to_doctor(notification: AppointmentNotification, _: datetime) -> MailText:
    """Report a cancellation."""
    news = {
        "patient": f"{notification.patient} canceled the appointment with you.",
    }.get(notification.canceled_by or "", f"Your appointment with {notification.patient} was canceled on your behalf.")
    paragraphs = [news, slot_line(notification), *_also_canceled(notification), *_reason(notification)]
    return MailText(f"Canceled: {notification.patient}, {start(notification)}", paragraphs)


def rescheduled_to_patient(notification: AppointmentNotification, at: datetime) -> MailText:
    """Report the new time and the previous one."""
    news = f"Your appointment with {notification.doctor} was moved to a new time:"
    paragraphs = [news, slot_line(notification), _instead_of(notification)]
    if at < notification.cancel_deadline:
        until = format_instant(notification.cancel_deadline, zone_of(notification))
        paragraphs.append(
            "If the new time does not suit you, you can cancel or move the appointment in your booking app "
            f"until {until}."
        )
    return MailText(f"Moved: {notification.doctor}, now {start(notification)}", paragraphs)


def rescheduled_to_doctor(notification: AppointmentNotification, _: datetime) -> MailText:
    """Report the new time and the previous one."""
    news = f"Your appointment with {notification.patient} was moved to a new time:"
    return MailText(
        f"Moved: {notification.patient}, now {start(notification)}",
        [news, slot_line(notification), _instead_of(notification)],
    )


def _receipt(notification: AppointmentNotification) -> list[str]:
    if not notification.paid:
        return []
    return [f"Paid: {notification.paid} through PayPal, transaction {notification.capture_id}."]


def _also_canceled(notification: AppointmentNotification) -> list[str]:
    if not notification.also_canceled:
        return []
    moments = [f"  {format_instant(start, zone_of(notification))}" for start in notification.also_canceled]
    return ["\n".join(["Also canceled:", *moments])]


def _instead_of(notification: AppointmentNotification) -> str:
    assert notification.moved_from is not None  # noqa: S101  set for this kind
    return f"The previous time was {format_instant(notification.moved_from, zone_of(notification))}."


def _refunds(notification: AppointmentNotification) -> list[str]:
    if not notification.refunds:
        return []
    who = "PayPal will notify you" if notification.recipient_erased else "We will send you a mail"
    return [f"A refund of {' and '.join(notification.refunds)} was requested. {who} when it is complete."]


def _reason(notification: AppointmentNotification) -> list[str]:
    return [f"Reason: {notification.cancel_reason}"] if notification.cancel_reason else []
