"""The export of an account's data, and the request to delete the account."""

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
    """An appointment, with who canceled it and why."""

    canceled_by: Literal["patient", "doctor", "admin"] | None
    cancel_reason: str | None


class ExportedWaitlistEntry(Struct):
    """A waitlist entry, open or ended."""

    id: Id
    doctor_id: Id
    desired_date: date | None
    earliest_time: str | None
    latest_time: str | None
    min_notice_minutes: int
    status: str
    created_at: Instant


class ExportedPayment(Struct):
    """A payment, with PayPal's ids of the payment and the payer."""

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
    """A refund, completed or not."""

    id: Id
    payment_id: Id
    amount: Decimal
    status: Literal["requested", "pending", "completed", "failed"]
    reason: str
    paypal_id: str | None
    created_at: Instant
    updated_at: Instant


class ExportedNotification(Struct):
    """A mail. Its text is not stored."""

    id: int
    kind: str
    appointment_id: Id | None
    status: Literal["queued", "sent", "skipped", "failed"]
    created_at: Instant
    sent_at: Instant | None


class ExportedHours(Struct):
    """Working hours, in minutes after midnight in the doctor's time zone."""

    weekday: int
    start_minute: int
    end_minute: int


class ExportedSession(Struct):
    """A login session."""

    started_at: Instant
    last_used_at: Instant | None
    expires_at: Instant
    ended_at: Instant | None


class ExportedCode(Struct):
    """A mailed code that is still valid. Only its hash is stored."""

    purpose: Literal["email_verification", "password_reset"]
    email: str
    created_at: Instant
    expires_at: Instant


class ExportedLink(Struct):
    """The private calendar link. Only its hash is stored."""

    created_at: Instant


class ExportedKey(Struct):
    """A request with an Idempotency-Key."""

    route: Annotated[str, Meta(description="The operation and its path parameters.")]
    key: str
    created_at: Instant


class ExportedRecord(HistoryRecord, kw_only=True):
    """A change of an account, appointment, waitlist entry, payment or refund."""

    object_kind: Literal["account", "appointment", "waitlist_entry", "payment", "refund"]
    object_id: Id


class AccountData(Struct):
    """All data of the caller except the account itself."""

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
    """All data that is stored about the caller."""

    account: OwnAccount


class DeleteAccount(Struct, forbid_unknown_fields=True):
    """The current password, so that an access token alone is not enough to delete the account."""

    password: Annotated[str, Meta(max_length=128)]
