"""Makes refunds: repeats the call to PayPal with the same request id until PayPal answers."""

from datetime import timedelta

from app.domain.payments.money import Money
from app.domain.payments.paypal.answers import Refund
from app.domain.payments.paypal.client import PayPal
from app.domain.payments.paypal.errors import PayPalError, PayPalRefused
from app.domain.payments.records import RefundRecord
from app.domain.payments.repository import PaymentRepository

STATUSES = {"COMPLETED": "completed", "PENDING": "pending", "FAILED": "failed", "CANCELLED": "failed"}


async def process_refund(payments: PaymentRepository, paypal: PayPal, refund_id: int, lease: timedelta) -> None:
    """Make a due refund, or fetch its status, and record the answer. Skips a refund claimed elsewhere."""
    record = await payments.claim_refund(refund_id, lease)
    if record is None:
        return
    try:
        refund = await _request_or_fetch(paypal, record)
    except PayPalRefused as refusal:
        await payments.record_refund(refund_id, None, "failed", refusal.issue)
    except PayPalError as error:
        await payments.record_refund(refund_id, None, record.status, f"no answer: {type(error).__name__}")
    else:
        await payments.record_refund(refund_id, refund.id, STATUSES[refund.status], refund.reason)


async def _request_or_fetch(paypal: PayPal, record: RefundRecord) -> Refund:
    if record.paypal_id:
        return await paypal.get_refund(record.paypal_id)
    return await paypal.refund_capture(
        record.capture_id,
        request_id=str(record.request_id),
        amount=Money(record.amount, record.currency),
        reference=str(record.reference),
        note=None,
    )
