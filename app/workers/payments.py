"""Sees to payments that wait for PayPal: approvals that nobody came back with, captures cut short, reviews, refunds."""

from datetime import timedelta

import structlog

from app.api.problems import ProblemError
from app.domain.payments.paypal.errors import PayPalError
from app.domain.payments.refunds import process_refund
from app.domain.payments.repository import PaymentRepository
from app.workers.context import WorkerContext

log = structlog.get_logger()

LEASE = timedelta(seconds=60)  # for PayPal's answers to two or three calls, 20 s each at most
PAYMENTS_PER_DISPATCH = 500


def payment_repository(context: WorkerContext) -> PaymentRepository:
    """Return the payments."""
    return PaymentRepository(context["engine"])


async def dispatch_payments(context: WorkerContext) -> None:
    """Make a job for each payment about which PayPal is to be asked, or told of a refund."""
    if not context["paypal_gateway"].is_configured:
        return
    with context["database"].suppress_errors():
        due = await payment_repository(context).due(PAYMENTS_PER_DISPATCH)
        for payment_id in due:
            await context["worker"].queue.enqueue(
                settle.__qualname__, key=f"settle:{payment_id}", payment_id=payment_id
            )


async def settle(context: WorkerContext, *, payment_id: int) -> None:
    """Ask PayPal about a payment, do what its answer calls for, and see to its refunds."""
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
    """Have money paid back that was captured for nothing, and say what only a person can put right."""
    with context["database"].suppress_errors():
        payments = payment_repository(context)
        if found := await payments.reconcile():
            log.warning("payments_without_appointment", payments=found)
        if not context["paypal_gateway"].is_configured and await payments.due(1):
            log.warning("payments_not_configured")  # some are left from when they were
