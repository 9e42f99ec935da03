"""What the outbox says."""

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
    """What every mail needs (the view `notification_message`); `timezone` is the recipient's."""

    id: int
    message_id: UUID
    email: str
    recipient: str | None  # none: nobody who is known to read there
    timezone: str
    recipient_role: Role
    request_id: str | None


class AccountNotification(NotificationBase, frozen=True, kw_only=True):
    """Everything that a mail about its recipient's own account may say."""

    kind: AccountKind
    doctor: str | None  # whom the recipient waited for
    waitlist_entry: int | None  # whose beginning or end the mail tells
    desired_date: date | None  # the day waited for; none: any
    position: int | None  # in line, as long as the recipient waits
    code_lifetime: timedelta | None  # of the code that the mail is for, if it is for one
    code: str = ""
    page: str | None = None  # the front end's page that takes the code
    call: str = ""  # the operation that takes it, or where the waitlist entry is


class AppointmentNotification(NotificationBase, frozen=True, kw_only=True):
    """Everything that a mail about an appointment may say; times are UTC."""

    kind: Kind
    doctor: str
    patient: str | None
    starts_at: datetime
    ends_at: datetime
    moved_from: datetime | None  # of a rescheduled appointment: its start before
    also_canceled: list[datetime]  # starts of further appointments that were canceled by the same act
    cancel_deadline: datetime
    hold_expires_at: datetime | None  # of an appointment that is still to be paid
    canceled_by: Literal["patient", "doctor", "admin"] | None
    cancel_reason: str | None
    payment: str | None  # amount and currency of the payment that a mail about money is about
    calendar: list[CalendarEntry]  # the appointments that it is about, but for those that were never confirmed
    refunds: list[str]  # what goes back of the appointments' payments, a sum for each currency
    offer_id: int | None
    offer_expires_at: datetime | None
    fee: str  # amount and currency
    paid: str | None  # the same of the payment that confirmed the appointment; none: it costs nothing
    capture_id: str | None  # PayPal's name for the transaction of that payment
    link: str | None = None  # where the offer can be accepted without a login; only the mail knows it
    recipient_erased: bool = False  # this is the last mail that goes there
