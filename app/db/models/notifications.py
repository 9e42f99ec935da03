"""The outbox: mails to send."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, timestamp_column

ACCOUNT_KINDS = (
    "'email_verification', 'email_changing', 'password_reset', 'password_changed', 'waitlist_joined',"
    " 'waiting_ended', 'waiting_lapsed', 'account_erased'"
)


class ScheduledNotification(Base):
    __tablename__ = "scheduled_notification"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('appointment_held', 'hold_lapsing', 'appointment_reminder')",
            name="scheduled_notification_kind_valid",
        ),
        Index("scheduled_notification_due", "due_at"),
        {"comment": "A future mail to an appointment's patient. Deleted if the appointment changes first."},
    )

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Text, primary_key=True, comment="The kind of mail.")
    appointment_version: Mapped[int] = mapped_column(
        Integer, comment="The version of the appointment that the mail is about."
    )
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), comment="When it is moved to the outbox.")


class Notification(Base):
    __tablename__ = "notification"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'sent', 'skipped', 'failed')", name="notification_status_valid"),
        CheckConstraint(
            "kind IN ('appointment_confirmed', 'appointment_canceled', 'appointment_rescheduled', 'slot_offered',"
            " 'offer_superseded', 'offer_expired', 'payment_too_late', 'refund_requested', 'refund_completed',"
            f" 'appointment_held', 'hold_lapsing', 'appointment_reminder', {ACCOUNT_KINDS})",
            name="notification_kind_valid",
        ),
        CheckConstraint(
            f"(kind IN ({ACCOUNT_KINDS})) = (appointment_id IS NULL)"
            " AND (appointment_id IS NULL) = (appointment_version IS NULL)",
            name="notification_appointment_known",
        ),
        Index(
            "notification_once",
            "appointment_id",
            "appointment_version",
            "kind",
            "account_id",
            "payment_id",
            "offer_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("appointment_id IS NOT NULL"),
        ),
        Index("notification_of_account", "account_id", "id"),
        Index("notification_batch", "batch", "account_id", unique=True, postgresql_where=text("batch IS NOT NULL")),
        Index("notification_in_line", "account_id", "id", postgresql_where=text("status = 'queued'")),
        Index(
            "notification_to_purge",
            "created_at",
            postgresql_where=text(
                "status <> 'queued' AND (outcome IS NOT NULL OR snapshot IS NOT NULL OR request_id IS NOT NULL)"
            ),
        ),
        Index("notification_due", "due_at", "id", postgresql_where=text("status = 'queued'")),
        Index("notification_failed", "id", postgresql_where=text("status = 'failed'")),  # for admin.undelivered
        {"comment": "The outbox: one mail to one account, about a version of an appointment or about the account."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, comment="The kind of mail, which selects its text.")
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), comment="The recipient.")
    appointment_id: Mapped[int | None] = mapped_column(
        ForeignKey("appointment.id"), comment="The appointment that the mail is about. NULL: it is about the account."
    )
    appointment_version: Mapped[int | None] = mapped_column(
        Integer, comment="A mail about an older version is skipped."
    )
    waitlist_entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("waitlist_entry.id"), comment="The waitlist entry that started or ended."
    )
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"), comment="The offer that the mail is about.")
    payment_id: Mapped[int | None] = mapped_column(
        ForeignKey("payment.id"), comment="The payment that the mail is about."
    )
    slot: Mapped[Range[datetime] | None] = mapped_column(
        TSTZRANGE, comment="For appointment_rescheduled: the previous time."
    )
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB,
        comment="Values that may change or be erased before the mail is sent: email, recipient, doctor, patient.",
    )
    batch: Mapped[UUID | None] = mapped_column(
        comment="Appointments canceled together share a batch: each person gets one mail about it."
    )
    also: Mapped[list[Any]] = mapped_column(
        ARRAY(BigInteger), server_default=text("'{}'"), comment="The other appointments of the batch and account."
    )
    request_id: Mapped[str | None] = mapped_column(
        Text,
        # a default, because every writer must store it; other characters could inject a mail header
        server_default=text("substring(current_setting('booking.request', true) FROM '^[A-Za-z0-9_.-]{1,64}$')"),
        comment="The X-Request-ID of the request (setting booking.request). NULL: a sweep or an admin.",
    )
    status: Mapped[str] = mapped_column(Text, server_default="queued", comment="queued, sent, skipped or failed.")
    due_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True),
        server_default=text("now()"),
        comment="When it can be sent. While a worker is sending it: when another worker may try.",
    )
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0", comment="The number of attempts.")
    message_id: Mapped[UUID] = mapped_column(
        server_default=text("gen_random_uuid()"),
        comment="The left part of the Message-ID, the same for every attempt.",
    )
    outcome: Mapped[str | None] = mapped_column(Text, comment="Why it was skipped, or the error of the last attempt.")
    created_at: Mapped[datetime] = timestamp_column("When the event happened.")
    sent_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="When the mail server accepted it."
    )
