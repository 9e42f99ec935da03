"""The mails about confirmed, moved and canceled appointments, to the patient and to the doctor."""

from datetime import datetime

from app.domain.notifications.locale import MailText
from app.domain.notifications.locales.en.times import format_instant, slot_line, start
from app.domain.notifications.schemas import AppointmentNotification
from app.domain.notifications.times import zone_of


def confirmed_to_patient(notification: AppointmentNotification, at: datetime) -> MailText:
    """Confirm an appointment, and say what was paid."""
    if at < notification.cancel_deadline:
        until = format_instant(notification.cancel_deadline, zone_of(notification))
        cancel = f"If you cannot come, please cancel it in your booking app. You may do so until {until}."
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
    """Tell who has booked."""
    return MailText(
        f"Booked: {notification.patient}, {start(notification)}",
        [f"{notification.patient} has booked an appointment with you.", slot_line(notification)],
    )


def canceled_to_patient(notification: AppointmentNotification, _: datetime) -> MailText:
    """Tell what is canceled, by whom and why, and what goes back."""
    news = {
        "patient": f"You have canceled your appointment with {notification.doctor}.",
        "doctor": f"We are sorry: {notification.doctor} had to cancel your appointment.",
    }.get(
        notification.canceled_by or "", f"We are sorry: your appointment with {notification.doctor} had to be canceled."
    )
    again = [] if notification.recipient_erased else ["To find another time, open your booking app."]
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
    """Tell which appointment is canceled."""
    news = {
        "patient": f"{notification.patient} has canceled the appointment with you.",
    }.get(notification.canceled_by or "", f"The appointment of {notification.patient} with you was canceled for you.")
    paragraphs = [news, slot_line(notification), *_also_canceled(notification), *_reason(notification)]
    return MailText(f"Canceled: {notification.patient}, {start(notification)}", paragraphs)


def rescheduled_to_patient(notification: AppointmentNotification, at: datetime) -> MailText:
    """Tell the new time, and the one before."""
    news = f"Your appointment with {notification.doctor} has been moved to another time."
    paragraphs = [news, slot_line(notification), _instead_of(notification)]
    if at < notification.cancel_deadline:
        until = format_instant(notification.cancel_deadline, zone_of(notification))
        paragraphs.append(f"If that does not suit you, you may cancel or move it in your booking app until {until}.")
    return MailText(f"Moved: {notification.doctor}, now {start(notification)}", paragraphs)


def rescheduled_to_doctor(notification: AppointmentNotification, _: datetime) -> MailText:
    """Tell the new time, and the one before."""
    news = f"The appointment of {notification.patient} with you has been moved to another time."
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
    return ["\n".join(["Canceled with it:", *moments])]


def _instead_of(notification: AppointmentNotification) -> str:
    assert notification.moved_from is not None  # noqa: S101  the outbox keeps it for this kind
    return f"It was on {format_instant(notification.moved_from, zone_of(notification))} before."


def _refunds(notification: AppointmentNotification) -> list[str]:
    if not notification.refunds:
        return []
    told = "PayPal tells you" if notification.recipient_erased else "You will get a mail"
    return [f"A refund of {' and '.join(notification.refunds)} has been requested. {told} when it is made."]


def _reason(notification: AppointmentNotification) -> list[str]:
    return [f"The reason given: {notification.cancel_reason}"] if notification.cancel_reason else []
