"""What somebody gets who asks for everything that is held about them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.domain.accounts.schemas import OwnAccount
from app.domain.appointments.schemas import HistoryRecord
from app.domain.fields import Id, Instant
from app.domain.payments.schemas import Status
from app.domain.schedule.schemas import TimeOff
from app.domain.shared_schemas import Appointment
from app.domain.waitlist.offers.schemas import Offer


class ExportedAppointment(Appointment, kw_only=True):
    """An appointment, and what was said when it was canceled."""

    canceled_by: Literal["patient", "doctor", "admin"] | None
    cancel_reason: str | None


class ExportedWaitlistEntry(Struct):
    """A doctor who was or is waited for."""

    id: Id
    doctor_id: Id
    desired_date: date | None
    earliest_time: str | None
    latest_time: str | None
    min_notice_minutes: int
    status: str
    created_at: Instant


class ExportedPayment(Struct):
    """A payment, with PayPal's names for it and for whoever paid."""

    id: Id
    appointment_id: Id
    amount: Decimal
    currency: str
    status: Status
    order_id: str | None
    payer_id: str | None
    capture_id: str | None
    created_at: Instant
    updated_at: Instant


class ExportedRefund(Struct):
    """Money on its way back, or back."""

    id: Id
    payment_id: Id
    amount: Decimal
    status: Literal["requested", "pending", "completed", "failed"]
    reason: str
    paypal_id: str | None
    created_at: Instant
    updated_at: Instant


class ExportedNotification(Struct):
    """A mail: its text is not kept."""

    id: int
    kind: str
    appointment_id: Id | None
    status: Literal["queued", "sent", "skipped", "failed"]
    created_at: Instant
    sent_at: Instant | None


class ExportedHours(Struct):
    """Working hours, as minutes of the doctor's day."""

    weekday: int
    start_minute: int
    end_minute: int


class ExportedSession(Struct):
    """A login."""

    started_at: Instant
    last_used_at: Instant | None
    expires_at: Instant
    ended_at: Instant | None


class ExportedCode(Struct):
    """A code that was mailed and is still good; what it reads is not kept."""

    purpose: Literal["email_verification", "password_reset"]
    email: str
    created_at: Instant
    expires_at: Instant


class ExportedLink(Struct):
    """A private link to one's appointments, for calendars; the link itself is kept nowhere."""

    created_at: Instant


class ExportedKey(Struct):
    """A request that was sent with an Idempotency-Key."""

    route: Annotated[str, Meta(description="The operation.")]
    key: str
    created_at: Instant


class ExportedRecord(HistoryRecord, kw_only=True):
    """What became of an account, appointment, waitlist entry, payment or refund at one moment."""

    object_kind: Literal["account", "appointment", "waitlist_entry", "payment", "refund"]
    object_id: Id


class AccountData(Struct):
    """Everything but the account itself."""

    appointments: list[ExportedAppointment]
    waitlist: list[ExportedWaitlistEntry]
    offers: list[Offer]
    payments: list[ExportedPayment]
    refunds: list[ExportedRefund]
    notifications: list[ExportedNotification]
    working_hours: list[ExportedHours]
    time_off: list[TimeOff]
    sessions: list[ExportedSession]
    mailed_codes: list[ExportedCode]
    calendar_links: list[ExportedLink]
    history: list[ExportedRecord]
    idempotency_keys: list[ExportedKey]


class Export(AccountData, kw_only=True):
    """Everything that is held about the caller."""

    account: OwnAccount


class DeleteAccount(Struct, forbid_unknown_fields=True):
    """One's present password, so that nobody's account is deleted by whoever finds them logged in."""

    password: Annotated[str, Meta(max_length=128)]
