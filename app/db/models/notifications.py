"""The outbox."""

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
        {"comment": "A mail to an appointment's patient that is not due yet, unless something changes until then."},
    )

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Text, primary_key=True, comment="Which mail.")
    appointment_version: Mapped[int] = mapped_column(Integer, comment="It is about this version and no other.")
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), comment="When it goes into the outbox.")


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
        {"comment": "The outbox: one mail to one account, about one version of one appointment or about the account."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, comment="Which mail; names its template.")
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), comment="Who gets it.")
    appointment_id: Mapped[int | None] = mapped_column(
        ForeignKey("appointment.id"), comment="What it is about; none: the account itself."
    )
    appointment_version: Mapped[int | None] = mapped_column(
        Integer, comment="A mail about an older version is skipped."
    )
    waitlist_entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("waitlist_entry.id"), comment="The entry whose beginning or end a mail tells."
    )
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"), comment="The offer that a mail is about.")
    payment_id: Mapped[int | None] = mapped_column(
        ForeignKey("payment.id"), comment="The payment that a mail about money is about."
    )
    slot: Mapped[Range[datetime] | None] = mapped_column(
        TSTZRANGE, comment="appointment_rescheduled: the time it was moved from."
    )
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB,
        comment="Until it is sent, what it needs that changes or goes: email, recipient, doctor, patient.",
    )
    batch: Mapped[UUID | None] = mapped_column(comment="What one act canceled together is told in one mail a person.")
    also: Mapped[list[Any]] = mapped_column(
        ARRAY(BigInteger), server_default=text("'{}'"), comment="The batch's other appointments of this account."
    )
    request_id: Mapped[str | None] = mapped_column(
        Text,
        # here, so that whoever writes a row need not think of it; what is no id would be a header of its own in a mail
        server_default=text("substring(current_setting('booking.request', true) FROM '^[A-Za-z0-9_.-]{1,64}$')"),
        comment="The X-Request-ID of the act (setting booking.request); none: the sweep, or a person at psql.",
    )
    status: Mapped[str] = mapped_column(Text, server_default="queued", comment="queued, sent, skipped or failed.")
    due_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True),
        server_default=text("now()"),
        comment="Not before; while a worker is sending: when another may try.",
    )
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0", comment="How often a worker took it.")
    message_id: Mapped[UUID] = mapped_column(
        server_default=text("gen_random_uuid()"),
        comment="Left part of the mail's Message-ID; the same at every attempt.",
    )
    outcome: Mapped[str | None] = mapped_column(Text, comment="Why it was skipped, or what the last attempt met.")
    created_at: Mapped[datetime] = timestamp_column("When the event happened.")
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), comment="When the mail server took it.")
