"""The state changes of the PayPal stand-in's orders, captures and refunds, and the resulting events."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal

from app.sandbox.paypal.faults import OUTCOMES, Fault, Faults
from app.sandbox.paypal.refusals import PAYER_CAN_RESOLVE, Refusal, refused
from app.sandbox.paypal.requests import Money, OrderRequest, RefundRequest, check_amount
from app.sandbox.paypal.serializers import Serializers
from app.sandbox.paypal.store import Amount, Capture, Order, Receipt, Refund, Store, now

MAX_ATTEMPTS = 10  # declined payment attempts of an order

Announce = Callable[[str, dict[str, Any], Amount], None]
"""Stores an event with its type, its resource and the amount for its summary."""


class Ledger:
    """The orders, captures and refunds. Callers run changing methods inside a transaction of the store."""

    def __init__(self, store: Store, serializers: Serializers, faults: Faults, announce: Announce) -> None:
        self._store = store
        self._serializers = serializers
        self._faults = faults
        self._announce = announce

    def create_order(self, request: OrderRequest) -> Order:
        """Create an order. Raises Refusal."""
        self._raise_requested_refusal(self._faults.take("create_order", ("refused",)))
        if request.intent == "AUTHORIZE":
            raise refused("AUTH_CAPTURE_NOT_ENABLED", field="/intent", value=request.intent, location="body")
        unit = request.purchase_units[0]
        order = Order(
            status="PAYER_ACTION_REQUIRED" if request.payment_source else "CREATED",
            has_source=request.payment_source is not None,
            amount=check_amount(unit.amount),
            reference_id=unit.reference_id,
            description=unit.description,
            custom_id=unit.custom_id,
            invoice_id=unit.invoice_id,
            return_url=request.addresses.return_url,
            cancel_url=request.addresses.cancel_url,
        )
        self._store.put(order)
        return order

    def approve(self, order: Order) -> None:
        """Mark an order as approved by the payer. Has no effect on a completed order."""
        if order.status == "COMPLETED":
            return
        was_approved = order.status == "APPROVED"
        self._change(order, "APPROVED")
        if not was_approved:
            self._announce("CHECKOUT.ORDER.APPROVED", self.show_order(order), order.amount)

    def reverse_approval(self, order: Order) -> None:
        """Reverse an approval, as PayPal does if an order is not captured for hours. Raises Refusal if not approved."""
        if order.status != "APPROVED":
            raise refused("ORDER_NOT_APPROVED")
        self._change(order, "PAYER_ACTION_REQUIRED" if order.has_source else "CREATED")
        self._announce("CHECKOUT.PAYMENT-APPROVAL.REVERSED", self._serializers.reversed_approval(order), order.amount)

    def capture_order(self, order: Order) -> Capture:
        """Capture the money of an approved order. Raises Refusal."""
        if order.status == "COMPLETED":
            raise refused("ORDER_ALREADY_CAPTURED")
        if order.status != "APPROVED":
            raise refused("ORDER_NOT_APPROVED")
        if order.attempts >= MAX_ATTEMPTS:
            raise refused("MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED")
        if self._has_been_paid(order.invoice_id):
            raise refused("DUPLICATE_INVOICE_ID")
        outcome = self._faults.take("capture_order", OUTCOMES)
        self._raise_requested_refusal(outcome, order)
        return self._take_money(order, outcome)

    def decide_capture(self, capture: Capture, status: Literal["COMPLETED", "DECLINED"]) -> None:
        """Decide a PENDING capture. Raises Refusal if it is not PENDING."""
        if capture.status != "PENDING":
            raise refused("INVALID_PARAMETER_VALUE")
        capture.reason = None
        self._change(capture, status)
        event = "PAYMENT.CAPTURE.COMPLETED" if status == "COMPLETED" else "PAYMENT.CAPTURE.DENIED"
        self._announce(event, self._serializers.capture(capture), capture.amount)

    def reverse_capture(self, capture: Capture) -> None:
        """Reverse a capture, as after a chargeback. Raises Refusal if no money is left."""
        left = self._left_of(capture)
        if capture.status not in {"COMPLETED", "PARTIALLY_REFUNDED"} or not left:
            raise refused("REFUND_NOT_ALLOWED")
        capture.is_reversed, capture.reason = True, "CHARGEBACK"
        amount = Amount(capture.amount.currency_code, str(left))
        refund = Refund(capture_id=capture.id, status="COMPLETED", amount=amount, note="Payment reversed")
        self._give_back(capture, refund, "PAYMENT.CAPTURE.REVERSED")

    def refund_capture(self, capture: Capture, request: RefundRequest) -> Refund:
        """Refund a capture. Raises Refusal."""
        amount = self._refundable(capture, request.amount)
        outcome = self._faults.take("refund_capture", OUTCOMES)
        self._raise_requested_refusal(outcome)
        refund = Refund(
            capture_id=capture.id,
            status=_refund_status(outcome),
            reason="ECHECK" if outcome else None,
            amount=amount,
            custom_id=request.custom_id,
            invoice_id=request.invoice_id,
            note=request.note_to_payer,
        )
        events = {"COMPLETED": "PAYMENT.CAPTURE.REFUNDED"}
        self._give_back(capture, refund, events.get(refund.status, f"PAYMENT.REFUND.{refund.status}"))
        return refund

    def decide_refund(self, refund: Refund, status: Literal["COMPLETED", "FAILED"]) -> None:
        """Decide a PENDING refund. Raises Refusal if it is not PENDING."""
        if refund.status != "PENDING":
            raise refused("INVALID_PARAMETER_VALUE")
        refund.reason = None
        self._change(refund, status)
        self._recount(self._store.get(Capture, refund.capture_id))
        event = "PAYMENT.CAPTURE.REFUNDED" if status == "COMPLETED" else "PAYMENT.REFUND.FAILED"
        self._announce(event, self.show_refund(refund), refund.amount)

    def show_order(self, order: Order, *, brief: bool = False) -> dict[str, Any]:
        """Return an order in PayPal's format, or with `brief` in the minimal format of a capture's answer."""
        captures = [self._store.get(Capture, id_) for id_ in order.captures]
        refunds = [self._store.get(Refund, id_) for capture in captures for id_ in capture.refunds]
        draw = self._serializers.brief_capture_answer if brief else self._serializers.order
        return draw(order, captures, refunds)

    def show_refund(self, refund: Refund) -> dict[str, Any]:
        """Return a refund in PayPal's format."""
        return self._serializers.refund(
            refund, self._given_back(self._store.get(Capture, refund.capture_id), "COMPLETED")
        )

    def _take_money(self, order: Order, outcome: Fault | None) -> Capture:
        statuses: dict[str, Literal["PENDING", "DECLINED"]] = {"pending": "PENDING", "declined": "DECLINED"}
        capture = Capture(
            order_id=order.id,
            status=statuses[outcome.kind] if outcome else "COMPLETED",
            reason=outcome.reason if outcome and outcome.kind == "pending" else None,
            amount=order.amount,
            custom_id=order.custom_id,
            invoice_id=order.invoice_id,
        )
        self._store.put(capture)
        if order.invoice_id:
            self._store.put(Receipt(id=f"invoice:{order.invoice_id}", resource=capture.id))
        order.captures.append(capture.id)
        self._change(order, "COMPLETED")
        self._announce(f"PAYMENT.CAPTURE.{capture.status}", self._serializers.capture(capture), capture.amount)
        return capture

    def _has_been_paid(self, invoice_id: str | None) -> bool:
        receipt = self._store.find(Receipt, f"invoice:{invoice_id}")
        capture = self._store.find(Capture, receipt.resource) if receipt and receipt.resource else None
        return capture is not None and capture.status not in {"DECLINED", "FAILED"}

    def _raise_requested_refusal(self, outcome: Fault | None, order: Order | None = None) -> None:
        if outcome and outcome.kind == "refused":
            raise self.refusal(outcome.issue, order)

    def refusal(self, issue: str, order: Order | None = None) -> Refusal:
        """Return a requested refusal. A decline that the payer can resolve counts as a payment attempt."""
        refusal = refused(issue)
        if order and issue in PAYER_CAN_RESOLVE:
            refusal.redirect = self._serializers.approval_url(order)
            order.attempts += 1
            self._store.put(order)
        return refusal

    def _refundable(self, capture: Capture, money: Money | None) -> Amount:
        """Return the amount to refund. Raises Refusal if it cannot be refunded."""
        if capture.is_reversed:
            raise refused("REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK")
        if capture.status == "PENDING":
            raise refused("PENDING_CAPTURE")
        if capture.status in {"DECLINED", "FAILED"}:
            raise refused("REFUND_NOT_ALLOWED")
        left = self._left_of(capture)
        if not left:
            raise refused("CAPTURE_FULLY_REFUNDED")
        if money is None:
            return Amount(capture.amount.currency_code, str(left))
        amount = check_amount(money, no_decimals="DECIMALS_NOT_SUPPORTED")
        if amount.currency_code != capture.amount.currency_code:
            raise refused("REFUND_CAPTURE_CURRENCY_MISMATCH", field="/amount/currency_code", location="body")
        if amount.number > left:
            raise refused("REFUND_AMOUNT_EXCEEDED", field="/amount/value", value=amount.value, location="body")
        return amount

    def _give_back(self, capture: Capture, refund: Refund, event: str) -> None:
        self._store.put(refund)
        capture.refunds.append(refund.id)
        self._recount(capture)
        self._announce(event, self.show_refund(refund), refund.amount)

    def _recount(self, capture: Capture) -> None:
        given_back = self._given_back(capture, "COMPLETED")
        if given_back:
            capture.status = "REFUNDED" if given_back == capture.amount.number else "PARTIALLY_REFUNDED"
        self._change(capture, capture.status)

    def _left_of(self, capture: Capture) -> Decimal:
        return capture.amount.number - self._given_back(capture, "COMPLETED", "PENDING")

    def _given_back(self, capture: Capture, *statuses: str) -> Decimal:
        refunds = [self._store.get(Refund, id_) for id_ in capture.refunds]
        return sum((refund.amount.number for refund in refunds if refund.status in statuses), Decimal(0))

    def _change(self, record: Any, status: str) -> None:
        record.status = status
        record.updated_at = now()
        self._store.put(record)


def _refund_status(outcome: Fault | None) -> Literal["PENDING", "FAILED", "COMPLETED"]:
    if outcome is None:
        return "COMPLETED"
    return "PENDING" if outcome.kind == "pending" else "FAILED"
