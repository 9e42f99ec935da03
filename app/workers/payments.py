"""Settles payments: approvals without a return, interrupted captures, reviews by PayPal, and refunds."""

from datetime import timedelta

import structlog

from app.api.problems import ProblemError
from app.domain.payments.paypal.errors import PayPalError
from app.domain.payments.refunds import process_refund
from app.domain.payments.repository import PaymentRepository
from app.workers.context import WorkerContext

log = structlog.get_logger()

LEASE = timedelta(seconds=60)  # covers two or three calls to PayPal of at most 20 s each
PAYMENTS_PER_DISPATCH = 500


def payment_repository(context: WorkerContext) -> PaymentRepository:
    """Return the repository of the payments."""
    return PaymentRepository(context["engine"])


async def dispatch_payments(context: WorkerContext) -> None:
    """Add a job for each payment that needs a call to PayPal."""
    if not context["paypal_gateway"].is_configured:
        return
    with context["database"].suppress_errors():
        due = await payment_repository(context).due(PAYMENTS_PER_DISPATCH)
        for payment_id in due:
            await context["worker"].queue.enqueue(
                settle.__qualname__, key=f"settle:{payment_id}", payment_id=payment_id
            )


async def settle(context: WorkerContext, *, payment_id: int) -> None:
    """Fetch a payment's state from PayPal, take its next step, and process its refunds."""
    with context["database"].suppress_errors():
        payments = payment_repository(context)
        await _look(context, payments, payment_id)
        for refund_id in await payments.open_refunds(payment_id):
            await process_refund(payments, context["paypal_gateway"].paypal, refund_id, LEASE)


async def _look(context: WorkerContext, payments: PaymentRepository, payment_id: int) -> None:
    record = await payments.claim(payment_id, LEASE)
    if record is None:
        return
    try:
        await context["paypal_gateway"].lifecycle(payments).advance(record)
    except ProblemError as problem:
        log.info("payment_not_settled", payment=payment_id, why=problem.problem.code)
    except PayPalError as error:
        log.warning("payment_not_settled", payment=payment_id, why=type(error).__name__, debug_id=error.debug_id)
    await payments.finish_payment_check(payment_id, record.due_at)


async def reconcile(context: WorkerContext) -> None:
    """Request refunds for captures without an appointment, and log what a person has to resolve."""
    with context["database"].suppress_errors():
        payments = payment_repository(context)
        if found := await payments.reconcile():
            log.warning("payments_without_appointment", payments=found)
        if not context["paypal_gateway"].is_configured and await payments.due(1):
            log.warning("payments_not_configured")  # open payments remain from an earlier configuration
