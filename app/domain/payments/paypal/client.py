"""The PayPal client: the used parts of Orders v2, Payments v2 and webhook verification.

Every call can raise PayPalRefused, PayPalUnavailable or PayPalUnknown (errors.py).
"""

import re
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, TypeVar

import httpx
import msgspec

from app.domain.payments.money import Money
from app.domain.payments.paypal.answers import (
    Capture,
    Order,
    Refund,
    Verification,
    decoder,
    read_capture,
    read_order,
    read_refund,
)
from app.domain.payments.paypal.call import Call, Timeouts
from app.domain.payments.paypal.connection import Connection
from app.domain.payments.paypal.errors import PayPalRefused
from app.domain.payments.paypal.webhook_errors import WebhookForgedError
from app.domain.payments.paypal.webhook_signature import read_transmission

MAX_DESCRIPTION_LENGTH = 127  # PayPal's limits
MAX_NOTE_LENGTH = 255
_ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_HEADERS = {"Prefer": "return=representation", "Content-Type": "application/json"}
_read_verification = decoder(Verification)

R = TypeVar("R", Order, Capture, Refund)


class PayPal:
    """A client for one merchant at PayPal. Close it with `aclose`, or use it in `async with`.

    A `request_id` of up to 108 characters makes a call safe to repeat: PayPal carries it out once and returns the same
    result each time, for 6 hours (orders) or 45 days (refunds). Store it before the call. After a refusal, use a new
    id: PayPal may repeat the refusal for the old one.
    """

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: str,
        *,
        timeouts: Timeouts | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._connection = Connection(base_url, client_id, client_secret, timeouts or Timeouts(), http)

    async def __aenter__(self) -> "PayPal":
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connection.aclose()

    async def create_order(
        self, *, request_id: str, amount: Money, reference: str, description: str, return_url: str, cancel_url: str
    ) -> Order:
        """Create an order that a payer can approve at its `approval_url`.

        `reference` must be unique in the PayPal account: it is the invoice number, and PayPal charges for each invoice
        number only once.
        """
        unit = {
            "amount": _amount(amount),
            "custom_id": reference,
            "invoice_id": reference,
            "description": description[:MAX_DESCRIPTION_LENGTH],
        }
        experience = {
            "return_url": return_url,
            "cancel_url": cancel_url,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
            # no e-checks, which take days while the slot is held; a capture may still be PENDING for PayPal's review
            "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",
        }
        body = {
            "intent": "CAPTURE",
            "purchase_units": [unit],
            "payment_source": {"paypal": {"experience_context": experience}},
        }
        return await self._post("create_order", "/v2/checkout/orders", request_id, body, read_order)

    async def get_order(self, order_id: str) -> Order:
        """Return the current state of an order."""
        return await self._get("get_order", "/v2/checkout/orders/{}", order_id, read_order)

    async def capture_order(self, order_id: str, *, request_id: str) -> Order:
        """Capture the money of an approved order. The result's `capture` says whether it was taken.

        Refused with ORDER_NOT_APPROVED before the approval, and with ORDER_ALREADY_CAPTURED after another capture.
        """
        path = _path("capture_order", "/v2/checkout/orders/{}/capture", order_id)
        return await self._post("capture_order", path, request_id, {}, _require_id(read_order, order_id))

    async def refund_capture(
        self, capture_id: str, *, request_id: str, amount: Money, reference: str, note: str | None
    ) -> Refund:
        """Refund `amount` of a capture. The result's `status` says whether it was refunded. The payer reads `note`.

        `reference` may contain letters, digits and `-_.,` only.
        """
        body: dict[str, Any] = {"amount": _amount(amount), "custom_id": reference}
        if note:
            body["note_to_payer"] = note[:MAX_NOTE_LENGTH]
        path = _path("refund_capture", "/v2/payments/captures/{}/refund", capture_id)
        return await self._post("refund_capture", path, request_id, body, read_refund)

    async def get_capture(self, capture_id: str) -> Capture:
        """Return the current state of a capture."""
        return await self._get("get_capture", "/v2/payments/captures/{}", capture_id, read_capture)

    async def get_refund(self, refund_id: str) -> Refund:
        """Return the current state of a refund."""
        return await self._get("get_refund", "/v2/payments/refunds/{}", refund_id, read_refund)

    async def verify_webhook(self, *, headers: Mapping[str, str], body: bytes, webhook_id: str) -> bool:
        """Ask PayPal whether it sent the raw `body` with these headers.

        Returns False for malformed input without a call. `WebhookVerifier` verifies without calling PayPal.
        """
        try:
            sent = read_transmission(headers)
            msgspec.json.decode(body)
        except (WebhookForgedError, ValueError, RecursionError):
            return False
        asked = {
            "auth_algo": sent.algorithm,
            "cert_url": sent.certificate_url,
            "transmission_id": sent.id,
            "transmission_sig": sent.signature,
            "transmission_time": sent.time,
            "webhook_id": webhook_id,
            "webhook_event": msgspec.Raw(body),  # unchanged: a re-encoded body would not match its signature
        }
        verification = await self._connection.execute(
            Call(
                operation="verify_webhook",
                method="POST",
                path="/v1/notifications/verify-webhook-signature",
                headers={"Content-Type": "application/json"},
                content=msgspec.json.encode(asked),
                read=_read_verification,
            )
        )
        return verification.verification_status == "SUCCESS"

    async def _get(self, operation: str, template: str, id_: str, read: Callable[[bytes], R]) -> R:
        path = _path(operation, template, id_)
        return await self._connection.execute(
            Call(operation=operation, method="GET", path=path, read=_require_id(read, id_))
        )

    async def _post(
        self, operation: str, path: str, request_id: str, body: dict[str, Any], read: Callable[[bytes], R]
    ) -> R:
        headers = {**_HEADERS, "PayPal-Request-Id": request_id}
        content = msgspec.json.encode(body)
        return await self._connection.execute(
            Call(operation=operation, method="POST", path=path, headers=headers, content=content, read=read)
        )


def _amount(amount: Money) -> dict[str, str]:
    return {"currency_code": amount.currency, "value": amount.text}


def _path(operation: str, template: str, id_: str) -> str:
    """Return `template` with the id, which may be client input. Raises PayPalRefused for an invalid id."""
    if not _ID.fullmatch(id_):
        raise PayPalRefused(
            operation,
            status=404,
            name="RESOURCE_NOT_FOUND",
            issue="INVALID_RESOURCE_ID",
            redirect=None,
            debug_id=None,
        )
    return template.format(id_)


def _require_id(read: Callable[[bytes], R], id_: str) -> Callable[[bytes], R]:
    """Return `read` with a check that the answer has this id."""

    def read_that(body: bytes) -> R:
        found = read(body)
        if found.id != id_:
            raise ValueError("the answer has another id")
        return found

    return read_that
