"""Money, on its way here and back."""

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
        # While one is being taken, another cannot be: that would be too late to find out.
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
        # what stands in the view payment_attention is a few among millions
        Index("payment_to_look_at", "id", postgresql_where=text("attention IS NOT NULL")),
        Index("payment_undecided", "updated_at", postgresql_where=text("status IN ('capturing', 'pending_review')")),
        {"comment": "What a patient pays for an appointment, through an order at PayPal."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2), comment="The appointment's fee.")
    currency: Mapped[str] = mapped_column(CHAR(3), comment="The appointment's currency, ISO 4217.")
    status: Mapped[str] = mapped_column(
        Text, server_default="created", comment="How far the payment is; see payment_status_transition()."
    )
    reference: Mapped[UUID] = mapped_column(
        server_default=text("gen_random_uuid()"),
        comment="Our name for it at PayPal (custom_id), and the PayPal-Request-Id that creates the order.",
    )
    order_id: Mapped[str | None] = mapped_column(Text, comment="PayPal's order; the API's paymentId.")
    approval_url: Mapped[str | None] = mapped_column(Text, comment="Where the payer approves the order.")
    payer_id: Mapped[str | None] = mapped_column(Text, comment="PayPal's id of who approved.")
    capture_request_id: Mapped[UUID | None] = mapped_column(
        comment="The PayPal-Request-Id of the capture; a new one for each attempt that a decline ended."
    )
    capture_id: Mapped[str | None] = mapped_column(Text, comment="PayPal's capture: the money taken.")
    hold_expires_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="When the appointment's hold would have ended without the capture."
    )
    without_slot: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="Captured, but the slot was gone: it is being paid back."
    )
    refund_total: Mapped[Decimal] = mapped_column(
        Numeric(12, 2), server_default="0", comment="Sum of its refunds that have not failed; set by trigger."
    )
    attention: Mapped[str | None] = mapped_column(Text, comment="What a person should look into; cleared by an admin.")
    due_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="When the worker asks PayPal about it next; none: nothing to ask."
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
        {"comment": "Money on its way back to the payer."},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2), comment="In the payment's currency.")
    reason: Mapped[str] = mapped_column(Text, comment="Why: appointment_canceled or slot_lost.")
    status: Mapped[str] = mapped_column(
        Text, server_default="requested", comment="requested, pending at PayPal, completed or failed."
    )
    request_id: Mapped[UUID] = mapped_column(
        server_default=text("gen_random_uuid()"),
        comment="The PayPal-Request-Id: however often it is sent, the money goes back once.",
    )
    paypal_id: Mapped[str | None] = mapped_column(Text, comment="PayPal's refund.")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0", comment="How often a worker took it.")
    due_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"), comment="Not before; then a worker sees to it."
    )
    outcome: Mapped[str | None] = mapped_column(Text, comment="What the last attempt met.")
    created_at: Mapped[datetime] = timestamp_column("When it was requested.")
    updated_at: Mapped[datetime] = timestamp_column("When it last changed; set by trigger.")


class WebhookEvent(Base):
    __tablename__ = "webhook_event"
    __table_args__ = (
        {"comment": "PayPal's news, each once. It only says what to ask about: the payment it names is looked up."},
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, comment="PayPal's id of the event.")
    kind: Mapped[str] = mapped_column(Text, comment="PayPal's event_type.")
    payment_id: Mapped[int | None] = mapped_column(
        ForeignKey("payment.id"), comment="None: about something that is not ours."
    )
    received_at: Mapped[datetime] = timestamp_column("When it came.")
