"""Payments in the database. Each method runs one statement; PostgreSQL enforces the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.columns import column_list
from app.db.driver import fetch, fetch_one
from app.domain.payments.paypal.answers import Capture, Order
from app.domain.payments.records import CaptureStart, PaymentRecord, RefundRecord
from app.domain.payments.schemas import Payment

# ruff: noqa: S608  the interpolated columns are field names of our own structs
PAYMENT = column_list(Payment)
RECORD = column_list(PaymentRecord)
CAPTURE = column_list(CaptureStart)

CREATE = f"SELECT {RECORD} FROM create_payment($1, $2, $3, $4)"
RECORD_ORDER = f"SELECT {PAYMENT} FROM record_order($1, $2, $3)"
FIND = f"SELECT {PAYMENT} FROM api_payment WHERE payment_id = $1 AND patient = $2"
FIND_BY_ORDER = f"SELECT {PAYMENT} FROM api_payment WHERE paypal_order = $1 AND patient = $2"
FIND_RECORD = f"SELECT {RECORD} FROM payment WHERE id = $1"
STATUS_OF_ORDER = """
    SELECT CASE WHEN refund_total = amount THEN 'refunded' ELSE status END AS status FROM payment WHERE order_id = $1
"""
GIVE_UP = f"SELECT {PAYMENT} FROM give_up_hold($1, $2)"
BEGIN_CAPTURE = f"SELECT {CAPTURE} FROM begin_capture($1, $2, $3, $4, $5)"
RESUME_CAPTURE = f"SELECT {CAPTURE} FROM resume_capture($1)"
RECORD_CAPTURE = "SELECT record_capture($1, $2, $3, $4, $5)"
RECORD_DECLINE = "SELECT record_decline($1, $2, $3)"
END = "SELECT end_payment($1, $2)"
DUE = "SELECT payment_id FROM payment_to_settle LIMIT $1"
CLAIM = f"SELECT {RECORD} FROM claim_payment($1, $2)"
FINISH_PAYMENT_CHECK = "SELECT finish_payment_check($1, $2)"
REFUNDS = "SELECT id FROM refund WHERE payment_id = $1 AND status IN ('requested', 'pending') ORDER BY id"
CLAIM_REFUND = f"SELECT {column_list(RefundRecord)} FROM claim_refund($1, $2)"
RECORD_REFUND = "SELECT record_refund($1, $2, $3, $4)"
RECONCILE = "SELECT reconcile_payments() AS found"
RECEIVE = "SELECT receive_webhook($1, $2, $3)"


@dataclass(frozen=True)
class PaymentRepository:
    """Creates payments and records PayPal's answers."""

    engine: AsyncEngine

    async def create(
        self, patient_id: int, appointment_id: int, amount: Decimal, currency: str
    ) -> PaymentRecord | None:
        """Create or find the payment of a patient's appointment. None if it is not theirs. Raises the broken rule."""
        row = await fetch_one(self.engine, CREATE, patient_id, appointment_id, amount, currency)
        return PaymentRecord(**row) if row else None

    async def record_order(self, payment_id: int, order: Order) -> Payment:
        """Record the order that PayPal created for a payment."""
        row = await fetch_one(self.engine, RECORD_ORDER, payment_id, order.id, order.approval_url)
        assert row is not None  # noqa: S101  payments are never deleted
        return Payment(**row)

    async def find(self, patient_id: int, payment_id: int) -> Payment | None:
        """Return a patient's payment, or None."""
        row = await fetch_one(self.engine, FIND, payment_id, patient_id)
        return Payment(**row) if row else None

    async def find_by_order(self, patient_id: int, order_id: str) -> Payment | None:
        """Return a patient's payment by PayPal's order id, or None."""
        row = await fetch_one(self.engine, FIND_BY_ORDER, order_id, patient_id)
        return Payment(**row) if row else None

    async def status_of_order(self, order_id: str) -> str | None:
        """Return the status of an order's payment, for any patient; `refunded` once a full refund is requested."""
        row = await fetch_one(self.engine, STATUS_OF_ORDER, order_id)
        return row["status"] if row else None

    async def record(self, payment_id: int) -> PaymentRecord:
        """Return a payment, which must exist."""
        row = await fetch_one(self.engine, FIND_RECORD, payment_id)
        assert row is not None  # noqa: S101  payments are never deleted
        return PaymentRecord(**row)

    async def give_up(self, patient_id: int, order_id: str) -> Payment | None:
        """End a patient's payment and its unpaid hold. None if it is not theirs. Raises the broken rule."""
        row = await fetch_one(self.engine, GIVE_UP, patient_id, order_id)
        return Payment(**row) if row else None

    async def begin_capture(self, payment_id: int, order: Order) -> CaptureStart | None:
        """Secure the slot for a capture of this order. None if a capture is running or the payment has ended."""
        row = await fetch_one(
            self.engine,
            BEGIN_CAPTURE,
            payment_id,
            order.payer_id,
            order.amount.value,
            order.amount.currency,
            order.reference,
        )
        return CaptureStart(**row) if row else None

    async def resume_capture(self, payment_id: int) -> CaptureStart | None:
        """Secure the slot again for an interrupted capture. None if the payment has ended."""
        row = await fetch_one(self.engine, RESUME_CAPTURE, payment_id)
        return CaptureStart(**row) if row else None

    async def record_capture(self, payment_id: int, capture: Capture) -> None:
        """Record a capture and apply its consequences."""
        await fetch(
            self.engine,
            RECORD_CAPTURE,
            payment_id,
            capture.id,
            capture.status,
            capture.amount.value,
            capture.amount.currency,
        )

    async def record_decline(self, payment_id: int, request_id: UUID, approval_url: str | None) -> None:
        """Record that the capture attempt `request_id` was declined. The payer may try again."""
        await fetch(self.engine, RECORD_DECLINE, payment_id, request_id, approval_url)

    async def end(self, payment_id: int, why: str | None) -> None:
        """Record that PayPal refused a payment permanently, with the reason if an admin needs it."""
        await fetch(self.engine, END, payment_id, why)

    async def due(self, limit: int) -> list[int]:
        """Return up to `limit` payments that need a call to PayPal."""
        return [row["payment_id"] for row in await fetch(self.engine, DUE, limit)]

    async def claim(self, payment_id: int, lease: timedelta) -> PaymentRecord | None:
        """Claim a due payment for `lease`, which `due_at` then ends. None if it is not due."""
        row = await fetch_one(self.engine, CLAIM, payment_id, lease)
        return PaymentRecord(**row) if row else None

    async def finish_payment_check(self, payment_id: int, claimed_until: datetime | None) -> None:
        """Schedule the next check of a payment, unless the payment has changed since it was claimed."""
        await fetch(self.engine, FINISH_PAYMENT_CHECK, payment_id, claimed_until)

    async def open_refunds(self, payment_id: int) -> list[int]:
        """Return a payment's refunds that are not finished."""
        return [row["id"] for row in await fetch(self.engine, REFUNDS, payment_id)]

    async def claim_refund(self, refund_id: int, lease: timedelta) -> RefundRecord | None:
        """Claim a due refund for `lease`. None if another process has claimed it or it is not due."""
        row = await fetch_one(self.engine, CLAIM_REFUND, refund_id, lease)
        return RefundRecord(**row) if row else None

    async def record_refund(self, refund_id: int, paypal_id: str | None, status: str, outcome: str | None) -> None:
        """Record the status of a refund: requested, pending, completed or failed."""
        await fetch(self.engine, RECORD_REFUND, refund_id, paypal_id, status, outcome)

    async def reconcile(self) -> int:
        """Request refunds for payments captured without a confirmed appointment. Return their number."""
        (row,) = await fetch(self.engine, RECONCILE)
        found: int = row["found"]
        return found

    async def receive_webhook(self, event_id: str, kind: str, names: Sequence[str]) -> None:
        """Store an event once, and schedule a check of the payment that one of `names` identifies."""
        await fetch(self.engine, RECEIVE, event_id, kind, names)
