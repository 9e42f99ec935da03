"""The steps of a payment, alternately in PostgreSQL and at PayPal. Each step is recorded before the next one starts.

No call to PayPal runs inside a transaction or while a PostgreSQL connection is held. If a process is killed between two
steps, the payment's row records the progress, and the worker continues from there.
"""

import asyncio
import time
from contextlib import suppress
from decimal import Decimal
from uuid import UUID

from app.api.problems import not_found, refused
from app.domain.payments.money import Money
from app.domain.payments.paypal.answers import Order
from app.domain.payments.paypal.client import PayPal
from app.domain.payments.paypal.errors import PayPalBusy, PayPalRefused
from app.domain.payments.problems import declined, ended, not_approved, payer_mismatch, refused_by_paypal
from app.domain.payments.records import CaptureStart, PaymentRecord
from app.domain.payments.repository import PaymentRepository
from app.domain.payments.schemas import CreatePayment, Payment
from app.domain.rules import RULES, Refusal

OPEN = ("created", "approved")
ENDED = ("canceled", "failed")
DECLINED = ("INSTRUMENT_DECLINED", "PAYER_ACTION_REQUIRED", "ORDER_NOT_APPROVED")
CAPTURE_WAIT_SECONDS = 15  # how long a request waits for a capture that another process makes
POLL_SECONDS = 0.2  # between two reads of the payment while waiting
DESCRIPTION = "Doctor's appointment"


class Lifecycle:
    """Starts payments and advances them. PayPal sends the payer's browser to `return_url` or `cancel_url`."""

    def __init__(self, payments: PaymentRepository, paypal: PayPal, *, return_url: str, cancel_url: str) -> None:
        self._payments = payments
        self._paypal = paypal
        self._return_url = return_url
        self._cancel_url = cancel_url

    async def begin(self, patient_id: int, wanted: CreatePayment) -> int:
        """Create or find the payment of a patient's appointment. Raises ProblemError (404) or the broken rule."""
        amount = Decimal(wanted.amount)
        record = await self._payments.create(patient_id, wanted.appointment_id, amount, wanted.currency)
        if record is None:
            raise not_found("appointment")
        return record.id

    async def ensure_order(self, patient_id: int, payment_id: int) -> Payment:
        """Return a patient's payment. Creates its order at PayPal if it is missing and the payment is open.

        Raises ProblemError, or PayPalError, after which a repeated call continues from there.
        """
        record = await self._payments.record(payment_id)
        if record.order_id is None and record.status in OPEN:
            return await self._payments.record_order(record.id, await self._create_order(record))
        found = await self._payments.find(patient_id, payment_id)
        assert found is not None  # noqa: S101  payments are never deleted
        return found

    async def _create_order(self, record: PaymentRecord) -> Order:
        try:
            return await self._paypal.create_order(
                request_id=str(record.reference),
                amount=Money(record.amount, record.currency),
                reference=str(record.reference),
                description=DESCRIPTION,
                return_url=self._return_url,
                cancel_url=self._cancel_url,
            )
        except PayPalRefused as refusal:
            await self._payments.end(record.id, f"PayPal refused the order: {refusal.issue}")
            raise refused_by_paypal(refusal) from refusal

    async def execute(self, patient_id: int, order_id: str, payer_id: str) -> Payment:
        """Capture the approved payment and return it: captured, or still capturing after CAPTURE_WAIT_SECONDS.

        Raises ProblemError (404, 409, 422), or PayPalError, after which the worker continues from there.
        """
        deadline = time.monotonic() + CAPTURE_WAIT_SECONDS
        payment = await self._payments.find_by_order(patient_id, order_id)
        if payment is None:
            raise not_found("payment")
        record = await self._payments.record(payment.payment_id)
        if record.status in OPEN:  # otherwise a capture has started, and only the worker resumes interrupted captures
            with suppress(PayPalBusy):  # a concurrent request is capturing
                await self.advance(record, payer_id)
        payment = await self._wait_for_capture(patient_id, payment.payment_id, deadline)
        if payment.status in ENDED:
            raise ended(payment.status)
        if payment.status in OPEN:  # the concurrent capture was declined
            raise declined(payment.approval_url)
        return payment

    async def _wait_for_capture(self, patient_id: int, payment_id: int, deadline: float) -> Payment:
        while True:
            payment = await self._payments.find(patient_id, payment_id)
            assert payment is not None  # noqa: S101  payments are never deleted
            if payment.status != "capturing" or time.monotonic() > deadline:
                return payment
            await asyncio.sleep(POLL_SECONDS)

    async def advance(self, record: PaymentRecord, payer_id: str | None = None) -> None:
        """Fetch the payment's order from PayPal and take the next step.

        Raises ProblemError if the money cannot be captured, PayPalError if PayPal gives no usable answer.
        """
        if record.order_id is None:
            return
        order = await self._fetch_order(record, record.order_id)
        if order.capture:
            await self._payments.record_capture(record.id, order.capture)
        elif record.status == "capturing":
            await self._capture_if_held(record, order.id, await self._payments.resume_capture(record.id))
        elif record.status in OPEN:
            await self._capture_if_approved(record, order, payer_id)

    async def _fetch_order(self, record: PaymentRecord, order_id: str) -> Order:
        try:
            return await self._paypal.get_order(order_id)
        except PayPalRefused as refusal:
            if refusal.status == 404 and record.status in OPEN:  # PayPal deletes orders unapproved for hours
                await self._payments.end(record.id, None)
                raise ended("failed") from refusal
            raise

    async def _capture_if_approved(self, record: PaymentRecord, order: Order, payer_id: str | None) -> None:
        if order.status != "APPROVED":
            raise not_approved(order.approval_url or record.approval_url)
        if payer_id not in (None, order.payer_id):
            raise payer_mismatch()
        await self._capture_if_held(record, order.id, await self._payments.begin_capture(record.id, order))

    async def _capture_if_held(self, record: PaymentRecord, order_id: str, start: CaptureStart | None) -> None:
        if start is None:
            return
        if start.rule:
            rule = RULES[start.rule]
            raise refused(Refusal(start.rule, rule.status, rule.title, start.why or rule.title))
        await self._capture(record, order_id, start.request_id)

    async def _capture(self, record: PaymentRecord, order_id: str, request_id: UUID | None) -> None:
        try:
            order = await self._paypal.capture_order(order_id, request_id=str(request_id))
        except PayPalRefused as refusal:
            order = await self._after_refusal(record, order_id, request_id, refusal)
        if order.capture:
            await self._payments.record_capture(record.id, order.capture)

    async def _after_refusal(
        self, record: PaymentRecord, order_id: str, request_id: UUID | None, refusal: PayPalRefused
    ) -> Order:
        """Return the order if it was captured already. Raises ProblemError otherwise."""
        if refusal.issue == "ORDER_ALREADY_CAPTURED":
            return await self._paypal.get_order(order_id)
        if refusal.issue in DECLINED and request_id:
            await self._payments.record_decline(record.id, request_id, refusal.redirect)
            raise declined(refusal.redirect or record.approval_url) from refusal
        await self._payments.end(record.id, f"PayPal refused the capture: {refusal.issue}")
        raise refused_by_paypal(refusal) from refusal
