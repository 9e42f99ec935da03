"""The words of the mails: one short plain text for each kind of notification and role of its reader."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses

from app.domain.notifications.account_mails import ACCOUNT_WORDS
from app.domain.notifications.coming_mails import held, lapsing, reminder
from app.domain.notifications.invitations import invite
from app.domain.notifications.rendering import as_html, as_text
from app.domain.notifications.schemas import AccountLetter, Kind, Letter, Role
from app.domain.notifications.times import moment, start, when, zone_of
from app.domain.notifications.words import Words, in_one_line

LANGUAGE = "en"


def sender_address(text: str) -> Address:
    """Read the sender's name and address from a From line. Raises ValueError unless it holds exactly one."""
    (name, address), *others = getaddresses([text])
    username, _, domain = address.rpartition("@")
    if others or not username or not domain:
        raise ValueError(f"DEFAULT_FROM_EMAIL must be like 'Appointments <appointments@example.com>', not {text!r}")
    return Address(name, username, domain)


def compose(letter: Letter | AccountLetter, sender: Address, at: datetime) -> EmailMessage:
    """Write the mail that `letter` calls for, as of the instant `at`; its Message-ID is the same at every attempt."""
    letter = in_one_line(letter)
    words = _words(letter, at)
    username, _, domain = letter.email.rpartition("@")
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = Address(letter.recipient or "", username, domain)  # quotes whatever needs it, in name and address
    message["Subject"] = words.subject
    message["Date"] = at
    message["Message-ID"] = f"<{letter.message_id}@{sender.domain}>"
    if letter.request_id:
        message["X-Request-ID"] = letter.request_id  # a question about this mail leads to the logs of its act
    message["Auto-Submitted"] = "auto-generated"  # no out-of-office answers, please (RFC 3834)
    paragraphs = [f"Dear {letter.recipient}," if letter.recipient else "Hello,", *words.paragraphs]
    message.set_content(as_text(paragraphs))
    message.add_alternative(as_html(words.subject, paragraphs, LANGUAGE), subtype="html")
    if isinstance(letter, Letter):
        invite(message, letter, sender, at)
    return message


def _words(letter: Letter | AccountLetter, at: datetime) -> Words:
    if isinstance(letter, AccountLetter):
        return ACCOUNT_WORDS[letter.kind](letter)
    return WORDS[letter.kind, letter.recipient_role](letter, at)


def _slot_offered(letter: Letter, at: datetime) -> Words:
    assert letter.offer_expires_at is not None  # noqa: S101  the outbox knows it for this kind
    until = moment(letter.offer_expires_at, zone_of(letter))
    costs = [] if Decimal(letter.fee.partition(" ")[0]) == 0 else [f"It costs {letter.fee}, to be paid at once."]
    final = ["It starts so soon that it cannot be canceled any more."] if at >= letter.cancel_deadline else []
    return Words(
        f"Free: a slot with {letter.doctor}, {start(letter)}",
        [
            f"Good news: a slot with {letter.doctor}, for whom you are waiting, has become free.",
            when(letter),
            f"It is offered to you until {until}, and to others who wait: whoever accepts first has it. To accept or "
            "decline it, open this page, or your booking app:",
            f"  {letter.link}",
            *costs,
            *final,
            "Whatever you do, you keep your place in line. If you no longer need a slot, please leave the waitlist.",
        ],
    )


def _offer_superseded(letter: Letter, _: datetime) -> Words:
    return Words(
        f"No longer free: {letter.doctor}, {start(letter)}",
        [
            f"The slot with {letter.doctor} that was offered to you is no longer to be had: somebody was faster, or it "
            "was taken back.",
            when(letter),
            "You keep your place in line, and will hear of the next slot.",
        ],
    )


def _offer_expired(letter: Letter, _: datetime) -> Words:
    return Words(
        f"Offer over: {letter.doctor}, {start(letter)}",
        [
            f"You have not accepted the slot with {letter.doctor}, and it is no longer kept for you.",
            when(letter),
            "You keep your place in line. If you no longer need a slot, please leave the waitlist in your booking app.",
        ],
    )


def _confirmed_to_patient(letter: Letter, at: datetime) -> Words:
    if at < letter.cancel_deadline:
        until = moment(letter.cancel_deadline, zone_of(letter))
        cancel = f"If you cannot come, please cancel it in your booking app. You may do so until {until}."
    else:
        cancel = "It starts too soon to be canceled in your booking app. If you cannot come, please call the practice."
    return Words(
        f"Confirmed: {letter.doctor}, {start(letter)}",
        [f"Your appointment with {letter.doctor} is confirmed.", when(letter), *_receipt(letter), cancel],
    )


def _receipt(letter: Letter) -> list[str]:
    if not letter.paid:
        return []
    return [f"Paid: {letter.paid} through PayPal, transaction {letter.capture_id}."]


def _confirmed_to_doctor(letter: Letter, _: datetime) -> Words:
    return Words(
        f"Booked: {letter.patient}, {start(letter)}",
        [f"{letter.patient} has booked an appointment with you.", when(letter)],
    )


def _canceled_to_patient(letter: Letter, _: datetime) -> Words:
    news = {
        "patient": f"You have canceled your appointment with {letter.doctor}.",
        "doctor": f"We are sorry: {letter.doctor} had to cancel your appointment.",
    }.get(letter.canceled_by or "", f"We are sorry: your appointment with {letter.doctor} had to be canceled.")
    again = [] if letter.recipient_erased else ["To find another time, open your booking app."]
    paragraphs = [news, when(letter), *_also_canceled(letter), *_reason(letter), *_refunds(letter), *again]
    return Words(f"Canceled: {letter.doctor}, {start(letter)}", paragraphs)


def _also_canceled(letter: Letter) -> list[str]:
    if not letter.also_canceled:
        return []
    moments = [f"  {moment(start, zone_of(letter))}" for start in letter.also_canceled]
    return ["\n".join(["Canceled with it:", *moments])]


def _canceled_to_doctor(letter: Letter, _: datetime) -> Words:
    news = {
        "patient": f"{letter.patient} has canceled the appointment with you.",
    }.get(letter.canceled_by or "", f"The appointment of {letter.patient} with you was canceled for you.")
    paragraphs = [news, when(letter), *_also_canceled(letter), *_reason(letter)]
    return Words(f"Canceled: {letter.patient}, {start(letter)}", paragraphs)


def _rescheduled_to_patient(letter: Letter, at: datetime) -> Words:
    news = f"Your appointment with {letter.doctor} has been moved to another time."
    paragraphs = [news, when(letter), _instead_of(letter)]
    if at < letter.cancel_deadline:
        until = moment(letter.cancel_deadline, zone_of(letter))
        paragraphs.append(f"If that does not suit you, you may cancel or move it in your booking app until {until}.")
    return Words(f"Moved: {letter.doctor}, now {start(letter)}", paragraphs)


def _rescheduled_to_doctor(letter: Letter, _: datetime) -> Words:
    news = f"The appointment of {letter.patient} with you has been moved to another time."
    return Words(f"Moved: {letter.patient}, now {start(letter)}", [news, when(letter), _instead_of(letter)])


def _instead_of(letter: Letter) -> str:
    assert letter.moved_from is not None  # noqa: S101  the outbox keeps it for this kind
    return f"It was on {moment(letter.moved_from, zone_of(letter))} before."


def _refunds(letter: Letter) -> list[str]:
    if not letter.refunds:
        return []
    told = "PayPal tells you" if letter.recipient_erased else "You will get a mail"
    return [f"A refund of {' and '.join(letter.refunds)} has been requested. {told} when it is made."]


def _payment_too_late(letter: Letter, _: datetime) -> Words:
    return Words(
        f"Not booked: {letter.doctor}, {start(letter)}",
        [
            f"Your payment for the appointment with {letter.doctor} came too late: the slot is no longer free.",
            when(letter),
            f"Nothing was charged; the payment of {letter.payment} was not taken. "
            "To find another time, open your booking app.",
        ],
    )


def _refund_requested(letter: Letter, _: datetime) -> Words:
    return Words(
        f"Refund requested: {letter.payment}",
        [
            f"We are sorry: your payment of {letter.payment} arrived when this slot with {letter.doctor} "
            "was no longer yours.",
            when(letter),
            "All of it goes back to you. You will get a mail when the refund is made.",
        ],
    )


def _refund_completed(letter: Letter, _: datetime) -> Words:
    return Words(
        f"Refunded: {letter.payment}",
        [
            f"Your payment of {letter.payment} for an appointment with {letter.doctor} "
            "has been refunded through PayPal.",
            when(letter),
        ],
    )


def _reason(letter: Letter) -> list[str]:
    return [f"The reason given: {letter.cancel_reason}"] if letter.cancel_reason else []


WORDS: dict[tuple[Kind, Role], Callable[[Letter, datetime], Words]] = {
    ("slot_offered", "patient"): _slot_offered,
    ("offer_superseded", "patient"): _offer_superseded,
    ("offer_expired", "patient"): _offer_expired,
    ("appointment_confirmed", "patient"): _confirmed_to_patient,
    ("appointment_confirmed", "doctor"): _confirmed_to_doctor,
    ("appointment_canceled", "patient"): _canceled_to_patient,
    ("appointment_canceled", "doctor"): _canceled_to_doctor,
    ("appointment_rescheduled", "patient"): _rescheduled_to_patient,
    ("appointment_rescheduled", "doctor"): _rescheduled_to_doctor,
    ("appointment_held", "patient"): held,
    ("hold_lapsing", "patient"): lapsing,
    ("appointment_reminder", "patient"): reminder,
    ("payment_too_late", "patient"): _payment_too_late,
    ("refund_requested", "patient"): _refund_requested,
    ("refund_completed", "patient"): _refund_completed,
}
