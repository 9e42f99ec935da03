"""Payments, refunds and PayPal's webhooks."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import CHAR
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, timestamp_column


class Payment(Base):
    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint(
            "status IN ('created', 'approved', 'capturing', 'pending_review', 'captured', 'partially_refunded',"
            " 'refunded', 'canceled', 'failed')",
            name="payment_status_valid",
        ),
        CheckConstraint("amount > 0", name="payment_amount_valid"),
        CheckConstraint(
            "refund_total >= 0 AND refund_total <="
            " CASE WHEN status IN ('captured', 'partially_refunded', 'refunded') THEN amount ELSE 0 END",
            name="payment_refund_within_capture",
        ),
        CheckConstraint(
            "status NOT IN ('captured', 'partially_refunded', 'refunded') OR capture_id IS NOT NULL",
            name="payment_capture_known",
        ),
        UniqueConstraint("reference", name="payment_reference_unique"),
        UniqueConstraint("order_id", name="payment_order_unique"),
        UniqueConstraint("capture_id", name="payment_capture_unique"),
        # also while a capture is in progress: a second one would be noticed too late
        Index(
            "payment_one_capture",
            "appointment_id",
            unique=True,
            postgresql_where=text(
                "status IN ('capturing', 'pending_review', 'captured', 'partially_refunded', 'refunded')"
                " AND NOT without_slot"
            ),
        ),
        Index("payment_of_appointment", "appointment_id"),
        Index("payment_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        # the view payment_attention selects few rows among millions
        Index("payment_to_look_at", "id", postgresql_where=text("attention IS NOT NULL")),
        Index("payment_undecided", "updated_at", postgresql_where=text("status IN ('capturing', 'pending_review')")),
        {"comment": "A patient's payment for an appointment, through a PayPal order."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2), comment="The appointment's fee.")
    currency: Mapped[str] = mapped_column(CHAR(3), comment="The appointment's currency, ISO 4217.")
    status: Mapped[str] = mapped_column(
        Text, server_default="created", comment="The status; see payment_status_transition()."
    )
    reference: Mapped[UUID] = mapped_column(
        server_default=text("gen_random_uuid()"),
        comment="Our id at PayPal (custom_id), and the PayPal-Request-Id of the order's creation.",
    )
    order_id: Mapped[str | None] = mapped_column(Text, comment="The id of the PayPal order; paymentId in the API.")
    approval_url: Mapped[str | None] = mapped_column(Text, comment="The page on which the payer approves the order.")
    payer_id: Mapped[str | None] = mapped_column(Text, comment="PayPal's id of the payer.")
    capture_request_id: Mapped[UUID | None] = mapped_column(
        comment="The PayPal-Request-Id of the capture. A new one after each declined attempt."
    )
    capture_id: Mapped[str | None] = mapped_column(Text, comment="PayPal's id of the capture.")
    hold_expires_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="When the hold would have ended without the capture."
    )
    without_slot: Mapped[bool] = mapped_column(
        server_default=text("false"),
        comment="Whether the payment was captured after the slot was lost. It is then refunded.",
    )
    refund_total: Mapped[Decimal] = mapped_column(
        Numeric(12, 2), server_default="0", comment="The sum of its refunds that have not failed. Set by trigger."
    )
    attention: Mapped[str | None] = mapped_column(Text, comment="What an admin should look into. The admin clears it.")
    due_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="When the worker asks PayPal about it next. NULL: never."
    )
    created_at: Mapped[datetime] = timestamp_column("When the payment was begun.")
    updated_at: Mapped[datetime] = timestamp_column("When its status last changed; set by trigger.")


class Refund(Base):
    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("status IN ('requested', 'pending', 'completed', 'failed')", name="refund_status_valid"),
        CheckConstraint("amount > 0", name="refund_amount_valid"),
        UniqueConstraint("paypal_id", name="refund_paypal_unique"),
        Index("refund_of_payment", "payment_id"),
        Index("refund_failed", "payment_id", postgresql_where=text("status = 'failed'")),
        Index("refund_due", "due_at", postgresql_where=text("status IN ('requested', 'pending')")),
        {"comment": "A refund to the payer."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2), comment="In the payment's currency.")
    reason: Mapped[str] = mapped_column(Text, comment="appointment_canceled or slot_lost.")
    status: Mapped[str] = mapped_column(
        Text, server_default="requested", comment="requested, pending at PayPal, completed or failed."
    )
    request_id: Mapped[UUID] = mapped_column(
        server_default=text("gen_random_uuid()"),
        comment="The PayPal-Request-Id, which makes repeated requests refund once.",
    )
    paypal_id: Mapped[str | None] = mapped_column(Text, comment="PayPal's id of the refund.")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0", comment="The number of attempts.")
    due_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"), comment="When a worker handles it next."
    )
    outcome: Mapped[str | None] = mapped_column(Text, comment="The result of the last attempt.")
    created_at: Mapped[datetime] = timestamp_column("When it was requested.")
    updated_at: Mapped[datetime] = timestamp_column("When it last changed; set by trigger.")


class WebhookEvent(Base):
    __tablename__ = "webhook_event"
    __table_args__ = (
        {"comment": "Received webhooks of PayPal, each once. They only cause the payment to be looked up at PayPal."},
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, comment="PayPal's id of the event.")
    kind: Mapped[str] = mapped_column(Text, comment="PayPal's event_type.")
    payment_id: Mapped[int | None] = mapped_column(
        ForeignKey("payment.id"), comment="NULL: not about one of our payments."
    )
    received_at: Mapped[datetime] = timestamp_column("When it was received.")
