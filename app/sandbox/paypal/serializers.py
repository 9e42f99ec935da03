"""Serializes the PayPal stand-in's orders, captures, refunds and webhook events in PayPal's format."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.domain.payments.money import ZERO_DECIMAL_CURRENCIES
from app.sandbox.paypal.store import Amount, Capture, Order, Refund, now

PAYER_ID = "QYR5Z8XDVJNXQ"
PAYER = {
    "name": {"given_name": "John", "surname": "Doe"},
    "email_address": "buyer@personal.example.com",
    "payer_id": PAYER_ID,
    "address": {"country_code": "US"},
}
WALLET = {
    "email_address": "buyer@personal.example.com",
    "account_id": PAYER_ID,
    "account_status": "VERIFIED",
    "name": {"given_name": "John", "surname": "Doe"},
    "address": {"country_code": "US"},
}
PAYEE = {"email_address": "practice@business.example.com", "merchant_id": "C7CYMKZDG8D6E"}

SUMMARIES = {
    "CHECKOUT.ORDER.APPROVED": "An order has been approved by buyer",
    "CHECKOUT.PAYMENT-APPROVAL.REVERSED": "A payment has been reversed after approval.",
    "PAYMENT.CAPTURE.COMPLETED": "Payment completed for {}",
    "PAYMENT.CAPTURE.PENDING": "Payment pending for {}",
    "PAYMENT.CAPTURE.DECLINED": "Payment declined for {}",
    "PAYMENT.CAPTURE.DENIED": "Payment denied for {}",
    "PAYMENT.CAPTURE.REFUNDED": "A {} capture payment was refunded",
    "PAYMENT.CAPTURE.REVERSED": "A {} capture payment was reversed",
    "PAYMENT.REFUND.PENDING": "Refund pending for {}",
    "PAYMENT.REFUND.FAILED": "Refund failed for {}",
}
RESOURCE_TYPES = {
    "CHECKOUT.ORDER.APPROVED": "checkout-order",
    "CHECKOUT.PAYMENT-APPROVAL.REVERSED": "checkout-order",
    "PAYMENT.CAPTURE.REFUNDED": "refund",
    "PAYMENT.CAPTURE.REVERSED": "refund",
    "PAYMENT.REFUND.PENDING": "refund",
    "PAYMENT.REFUND.FAILED": "refund",
}


class Serializers:
    """Serializes resources with links to `base_url`."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def approval_url(self, order: Order) -> str:
        """Return the page on which the payer approves an order."""
        return f"{self._base_url}/checkoutnow?token={order.id}"

    def brief_order(self, order: Order) -> dict[str, Any]:
        """Return the minimal representation."""
        source: dict[str, Any] = {"payment_source": {"paypal": {}}} if order.has_source else {}
        return {"id": order.id, "status": order.status, **source, "links": self._order_links(order)}

    def brief_capture_answer(
        self, order: Order, captures: Sequence[Capture], refunds: Sequence[Refund]
    ) -> dict[str, Any]:
        """Return the minimal representation of a captured order, which includes the payments as PayPal's does."""
        unit = {"reference_id": order.reference_id, "payments": self._payments(captures, refunds)}
        return {
            **self.brief_order(order),
            "payment_source": {"paypal": WALLET},
            "purchase_units": [unit],
            "payer": PAYER,
        }

    def order(self, order: Order, captures: Sequence[Capture], refunds: Sequence[Refund]) -> dict[str, Any]:
        """Return the full representation of an order."""
        is_approved = order.status in {"APPROVED", "COMPLETED"}
        unit = {
            "reference_id": order.reference_id,
            "amount": _amount(order.amount),
            "payee": PAYEE,
            **_given(description=order.description, custom_id=order.custom_id, invoice_id=order.invoice_id),
            **({"payments": self._payments(captures, refunds)} if captures else {}),
        }
        return {
            "id": order.id,
            "intent": "CAPTURE",
            "status": order.status,
            **({"payment_source": {"paypal": WALLET if is_approved else {}}} if order.has_source else {}),
            "purchase_units": [unit],
            **({"payer": PAYER} if is_approved else {}),
            "create_time": order.created_at,
            "update_time": order.updated_at,
            "links": self._order_links(order),
        }

    def capture(self, capture: Capture) -> dict[str, Any]:
        """Return the full representation of a capture."""
        return {
            **self._bare_capture(capture),
            "supplementary_data": {"related_ids": {"order_id": capture.order_id}},
            "payee": PAYEE,
        }

    def refund(self, refund: Refund, total_refunded: Decimal | None = None) -> dict[str, Any]:
        """Return the full representation of a refund, with its capture's total refunds if given."""
        money = _amount(refund.amount)
        nothing = {**money, "value": _text(Decimal(0), refund.amount)}
        total = (
            {"total_refunded_amount": {**money, "value": _text(total_refunded, refund.amount)}}
            if total_refunded
            else {}
        )
        return {
            "id": refund.id,
            "amount": money,
            "status": refund.status,
            **({"status_details": {"reason": refund.reason}} if refund.reason else {}),
            **_given(custom_id=refund.custom_id, invoice_id=refund.invoice_id, note_to_payer=refund.note),
            "seller_payable_breakdown": {"gross_amount": money, "paypal_fee": nothing, "net_amount": money, **total},
            "payer": PAYEE,
            "create_time": refund.created_at,
            "update_time": refund.updated_at,
            "links": [
                self._link("self", "GET", f"/v2/payments/refunds/{refund.id}"),
                self._link("up", "GET", f"/v2/payments/captures/{refund.capture_id}"),
            ],
        }

    def brief_refund(self, refund: Refund) -> dict[str, Any]:
        """Return the minimal representation."""
        whole = self.refund(refund)
        return {name: whole[name] for name in ("id", "status", "links")}

    def event(self, event_id: str, event_type: str, resource: dict[str, Any], amount: Amount) -> dict[str, Any]:
        """Return a webhook event about a resource."""
        money = (
            f"{'$' if amount.currency_code == 'USD' else amount.currency_code} {amount.value} {amount.currency_code}"
        )
        path = f"/v1/notifications/webhooks-events/{event_id}"
        return {
            "id": event_id,
            "event_version": "1.0",
            "create_time": now().replace("Z", ".000Z"),
            "resource_type": RESOURCE_TYPES.get(event_type, "capture"),
            "resource_version": "2.0",
            "event_type": event_type,
            "summary": SUMMARIES[event_type].format(money),
            "resource": resource,
            "links": [self._link("self", "GET", path), self._link("resend", "POST", f"{path}/resend")],
        }

    def reversed_approval(self, order: Order) -> dict[str, Any]:
        """Return the resource of CHECKOUT.PAYMENT-APPROVAL.REVERSED, which is only a part of an order."""
        unit = {"reference_id": order.reference_id, **_given(custom_id=order.custom_id, invoice_id=order.invoice_id)}
        return {"order_id": order.id, "purchase_units": [unit], "payment_source": {"paypal": WALLET}}

    def _payments(self, captures: Sequence[Capture], refunds: Sequence[Refund]) -> dict[str, Any]:
        given_back = {"refunds": [self.refund(refund) for refund in refunds]} if refunds else {}
        return {"captures": [self._bare_capture(capture) for capture in captures], **given_back}

    def _bare_capture(self, capture: Capture) -> dict[str, Any]:
        path = f"/v2/payments/captures/{capture.id}"
        has_money = capture.status not in {"PENDING", "DECLINED", "FAILED"}
        return {
            "id": capture.id,
            "status": capture.status,
            **({"status_details": {"reason": capture.reason}} if capture.reason else {}),
            "amount": _amount(capture.amount),
            "final_capture": True,
            "seller_protection": {
                "status": "ELIGIBLE",
                "dispute_categories": ["ITEM_NOT_RECEIVED", "UNAUTHORIZED_TRANSACTION"],
            },
            **({"seller_receivable_breakdown": _breakdown(capture.amount)} if has_money else {}),
            **_given(custom_id=capture.custom_id, invoice_id=capture.invoice_id),
            "create_time": capture.created_at,
            "update_time": capture.updated_at,
            "links": [
                self._link("self", "GET", path),
                self._link("refund", "POST", f"{path}/refund"),
                self._link("up", "GET", f"/v2/checkout/orders/{capture.order_id}"),
            ],
        }

    def _order_links(self, order: Order) -> list[dict[str, str]]:
        path = f"/v2/checkout/orders/{order.id}"
        capture = self._link("capture", "POST", f"{path}/capture")
        approve = {"href": self.approval_url(order), "rel": "approve", "method": "GET"}
        more = {
            "CREATED": [approve, capture],
            "PAYER_ACTION_REQUIRED": [{**approve, "rel": "payer-action"}],
            "APPROVED": [capture],
            "COMPLETED": [],
        }
        return [self._link("self", "GET", path), *more[order.status]]

    def _link(self, relation: str, method: str, path: str) -> dict[str, str]:
        return {"href": self._base_url + path, "rel": relation, "method": method}


def _amount(amount: Amount) -> dict[str, str]:
    return {"currency_code": amount.currency_code, "value": amount.value}


def _given(**fields: str | None) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value is not None}


def _breakdown(amount: Amount) -> dict[str, Any]:
    """Return the merchant's share. The fee is 3.49% plus 0.49 of any currency, a simplification of PayPal's fees."""
    fee = min(amount.number * Decimal("0.0349") + Decimal("0.49"), amount.number)
    shares = {"gross_amount": amount.number, "paypal_fee": fee}
    texts = {name: _text(share, amount) for name, share in shares.items()}
    texts["net_amount"] = _text(amount.number - Decimal(texts["paypal_fee"]), amount)
    return {name: {"currency_code": amount.currency_code, "value": text} for name, text in texts.items()}


def _text(number: Decimal, amount: Amount) -> str:
    return str(number.quantize(Decimal(1) if amount.currency_code in ZERO_DECIMAL_CURRENCIES else Decimal("0.01")))
