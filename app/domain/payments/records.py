"""Payments and refunds with the data that calls to PayPal need."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from msgspec import Struct

from app.domain.payments.schemas import Status


class PaymentRecord(Struct, frozen=True, kw_only=True):
    """A payment with its ids at PayPal."""

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
    """A refund to request from PayPal, or to fetch if `paypal_id` is set."""

    status: Literal["requested", "pending"]
    request_id: UUID
    paypal_id: str | None
    capture_id: str
    reference: UUID
    amount: Decimal
    currency: str


class CaptureStart(Struct, frozen=True, kw_only=True):
    """The PayPal-Request-Id for a capture, or the rule that forbids the capture, and why."""

    request_id: UUID | None
    rule: str | None
    why: str | None
