"""The mails about confirmed, moved and canceled appointments, to the patient and to the doctor."""

from datetime import datetime

from app.domain.notifications.locale import MailText
from app.domain.notifications.locales.en.times import format_instant, slot_line, start
from app.domain.notifications.schemas import AppointmentNotification
from app.domain.notifications.times import zone_of


def confirmed_to_patient(letter: AppointmentNotification, at: datetime) -> MailText:
    """Confirm an appointment, and say what was paid."""
    if at < letter.cancel_deadline:
        until = format_instant(letter.cancel_deadline, zone_of(letter))
        cancel = f"If you cannot come, please cancel it in your booking app. You may do so until {until}."
    else:
        cancel = "It starts too soon to be canceled in your booking app. If you cannot come, please call the practice."
    return MailText(
        f"Confirmed: {letter.doctor}, {start(letter)}",
        [f"Your appointment with {letter.doctor} is confirmed.", slot_line(letter), *_receipt(letter), cancel],
    )


def confirmed_to_doctor(letter: AppointmentNotification, _: datetime) -> MailText:
    """Tell who has booked."""
    return MailText(
        f"Booked: {letter.patient}, {start(letter)}",
        [f"{letter.patient} has booked an appointment with you.", slot_line(letter)],
    )


def canceled_to_patient(letter: AppointmentNotification, _: datetime) -> MailText:
    """Tell what is canceled, by whom and why, and what goes back."""
    news = {
        "patient": f"You have canceled your appointment with {letter.doctor}.",
        "doctor": f"We are sorry: {letter.doctor} had to cancel your appointment.",
    }.get(letter.canceled_by or "", f"We are sorry: your appointment with {letter.doctor} had to be canceled.")
    again = [] if letter.recipient_erased else ["To find another time, open your booking app."]
    paragraphs = [news, slot_line(letter), *_also_canceled(letter), *_reason(letter), *_refunds(letter), *again]
    return MailText(f"Canceled: {letter.doctor}, {start(letter)}", paragraphs)


def canceled_to_doctor(letter: AppointmentNotification, _: datetime) -> MailText:
    """Tell which appointment is canceled."""
    news = {
        "patient": f"{letter.patient} has canceled the appointment with you.",
    }.get(letter.canceled_by or "", f"The appointment of {letter.patient} with you was canceled for you.")
    paragraphs = [news, slot_line(letter), *_also_canceled(letter), *_reason(letter)]
    return MailText(f"Canceled: {letter.patient}, {start(letter)}", paragraphs)


def rescheduled_to_patient(letter: AppointmentNotification, at: datetime) -> MailText:
    """Tell the new time, and the one before."""
    news = f"Your appointment with {letter.doctor} has been moved to another time."
    paragraphs = [news, slot_line(letter), _instead_of(letter)]
    if at < letter.cancel_deadline:
        until = format_instant(letter.cancel_deadline, zone_of(letter))
        paragraphs.append(f"If that does not suit you, you may cancel or move it in your booking app until {until}.")
    return MailText(f"Moved: {letter.doctor}, now {start(letter)}", paragraphs)


def rescheduled_to_doctor(letter: AppointmentNotification, _: datetime) -> MailText:
    """Tell the new time, and the one before."""
    news = f"The appointment of {letter.patient} with you has been moved to another time."
    return MailText(f"Moved: {letter.patient}, now {start(letter)}", [news, slot_line(letter), _instead_of(letter)])


def _receipt(letter: AppointmentNotification) -> list[str]:
    if not letter.paid:
        return []
    return [f"Paid: {letter.paid} through PayPal, transaction {letter.capture_id}."]


def _also_canceled(letter: AppointmentNotification) -> list[str]:
    if not letter.also_canceled:
        return []
    moments = [f"  {format_instant(start, zone_of(letter))}" for start in letter.also_canceled]
    return ["\n".join(["Canceled with it:", *moments])]


def _instead_of(letter: AppointmentNotification) -> str:
    assert letter.moved_from is not None  # noqa: S101  the outbox keeps it for this kind
    return f"It was on {format_instant(letter.moved_from, zone_of(letter))} before."


def _refunds(letter: AppointmentNotification) -> list[str]:
    if not letter.refunds:
        return []
    told = "PayPal tells you" if letter.recipient_erased else "You will get a mail"
    return [f"A refund of {' and '.join(letter.refunds)} has been requested. {told} when it is made."]


def _reason(letter: AppointmentNotification) -> list[str]:
    return [f"The reason given: {letter.cancel_reason}"] if letter.cancel_reason else []
