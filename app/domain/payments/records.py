"""Payments and refunds as those who speak to PayPal about them know them."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from msgspec import Struct

from app.domain.payments.schemas import Status


class PaymentRecord(Struct, frozen=True, kw_only=True):
    """A payment, with the names that it has at PayPal."""

    id: int
    status: Status
    amount: Decimal
    currency: str
    reference: UUID
    order_id: str | None
    approval_url: str | None
    capture_request_id: UUID | None
    due_at: datetime | None


class RefundRecord(Struct, frozen=True, kw_only=True):
    """A refund that is to be made, or to be asked about if PayPal has it already (`paypal_id`)."""

    status: Literal["requested", "pending"]
    request_id: UUID
    paypal_id: str | None
    capture_id: str
    reference: UUID
    amount: Decimal
    currency: str


class CaptureStart(Struct, frozen=True, kw_only=True):
    """The PayPal-Request-Id to capture with, or else the rule that forbids it, and why."""

    request_id: UUID | None
    rule: str | None
    why: str | None
