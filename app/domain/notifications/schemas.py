"""The contents of a mail, as read from the outbox."""

from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from app.domain.calendar.icalendar_file import CalendarEntry

Kind = Literal[
    "slot_offered",
    "offer_superseded",
    "offer_expired",
    "appointment_confirmed",
    "appointment_canceled",
    "appointment_rescheduled",
    "payment_too_late",
    "refund_requested",
    "refund_completed",
    "appointment_held",
    "hold_lapsing",
    "appointment_reminder",
]
AccountKind = Literal[
    "email_verification",
    "email_changing",
    "password_reset",
    "password_changed",
    "waitlist_joined",
    "waiting_ended",
    "waiting_lapsed",
    "account_erased",
]
Role = Literal["doctor", "patient"]


class NotificationBase(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of every mail (view `notification_message`). `timezone` is the recipient's."""

    id: int
    message_id: UUID
    email: str
    recipient: str | None  # None: the address is not verified
    timezone: str
    recipient_role: Role
    request_id: str | None


class AccountNotification(NotificationBase, frozen=True, kw_only=True):
    """The fields of a mail about the recipient's own account."""

    kind: AccountKind
    doctor: str | None  # of the waitlist entry
    waitlist_entry: int | None  # the entry that started or ended
    desired_date: date | None  # of the waitlist entry; None: any day
    position: int | None  # in line, while the recipient waits
    code_lifetime: timedelta | None  # None: the mail has no code
    code: str = ""
    page: str | None = None  # the front end's page that accepts the code
    call: str = ""  # the URL of the operation that accepts the code, or of the waitlist entry


class AppointmentNotification(NotificationBase, frozen=True, kw_only=True):
    """The fields of a mail about an appointment. Times are UTC."""

    kind: Kind
    doctor: str
    patient: str | None
    starts_at: datetime
    ends_at: datetime
    moved_from: datetime | None  # the previous start of a rescheduled appointment
    also_canceled: list[datetime]  # starts of the other appointments that the same request canceled
    cancel_deadline: datetime
    hold_expires_at: datetime | None  # of an unpaid appointment
    canceled_by: Literal["patient", "doctor", "admin"] | None
    cancel_reason: str | None
    payment: str | None  # amount and currency, in mails about a payment or refund
    calendar: list[CalendarEntry]  # the appointments of the mail, without those that were never confirmed
    refunds: list[str]  # the refunded total in each currency
    offer_id: int | None
    offer_expires_at: datetime | None
    fee: str  # amount and currency
    paid: str | None  # amount and currency of the payment that confirmed the appointment; None: it is free
    capture_id: str | None  # PayPal's id of that payment's transaction
    link: str | None = None  # the page that accepts the offer without a login; only the mail contains it
    recipient_erased: bool = False  # this is the last mail to the address
