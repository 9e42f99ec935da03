"""Parses PayPal's responses strictly: a response that differs from the documentation raises ValueError.

Fields and statuses: https://developer.paypal.com/docs/api/orders/v2/ and .../payments/v2/
"""

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from app.domain.payments.money import Money

OrderStatus = Literal["CREATED", "SAVED", "APPROVED", "VOIDED", "COMPLETED", "PAYER_ACTION_REQUIRED"]
CaptureStatus = Literal["COMPLETED", "DECLINED", "PARTIALLY_REFUNDED", "PENDING", "REFUNDED", "FAILED"]
RefundStatus = Literal["CANCELLED", "FAILED", "PENDING", "COMPLETED"]

APPROVAL_RELATIONS = ("payer-action", "approve")  # with a payment_source, and without
UNSUCCESSFUL = ("DECLINED", "FAILED")

T = TypeVar("T")


class Capture(Struct, frozen=True, kw_only=True):
    """A capture. `status` says whether the money was taken, `reason` why the capture is PENDING or DECLINED."""

    id: str
    status: CaptureStatus
    amount: Money
    reason: str | None
    reference: str | None
    order_id: str | None


class Order(Struct, frozen=True, kw_only=True):
    """An order of one purchase unit. COMPLETED does not mean paid; see `capture`.

    `reference` is our own (custom_id). `approval_url` is set while the payer has to act at PayPal.
    """

    id: str
    status: OrderStatus
    reference: str | None
    amount: Money
    approval_url: str | None
    payer_id: str | None
    capture: Capture | None


class Refund(Struct, frozen=True, kw_only=True):
    """A refund. `status` says whether the money was returned."""

    id: str
    status: RefundStatus
    amount: Money
    reason: str | None
    reference: str | None
    capture_id: str | None


class Problem(Struct, frozen=True, kw_only=True):
    """The body of an error response."""

    name: str
    issue: str | None
    redirect: str | None
    debug_id: str | None


class Token(Struct, frozen=True):
    """An access token and its lifetime in seconds."""

    access_token: str
    expires_in: float


class Verification(Struct, frozen=True):
    """PayPal's verdict on a webhook."""

    verification_status: Literal["SUCCESS", "FAILURE"]


class _Amount(Struct):
    currency_code: str
    value: str

    def money(self) -> Money:
        return Money.parse(self.value, self.currency_code)


class _Link(Struct):
    rel: str
    href: str


class _StatusDetails(Struct):
    reason: str | None = None


class _RelatedIds(Struct):
    order_id: str | None = None


class _SupplementaryData(Struct):
    related_ids: _RelatedIds | None = None


class _Capture(Struct):
    id: str
    status: CaptureStatus
    amount: _Amount
    status_details: _StatusDetails | None = None
    custom_id: str | None = None
    supplementary_data: _SupplementaryData | None = None


class _Payments(Struct):
    captures: list[_Capture] = []


class _Unit(Struct):
    amount: _Amount
    custom_id: str | None = None
    payments: _Payments | None = None


class _Payer(Struct):
    payer_id: str | None = None


class _Wallet(Struct):
    account_id: str | None = None


class _Source(Struct):
    paypal: _Wallet | None = None


class _Order(Struct):
    id: str
    status: OrderStatus
    purchase_units: list[_Unit]
    links: list[_Link] = []
    payer: _Payer | None = None
    payment_source: _Source | None = None


class _Refund(Struct):
    id: str
    status: RefundStatus
    amount: _Amount
    status_details: _StatusDetails | None = None
    custom_id: str | None = None
    links: list[_Link] = []


class _Detail(Struct):
    issue: str


class _Problem(Struct):
    name: str
    details: list[_Detail] = []
    links: list[_Link] = []
    debug_id: str | None = None


def decoder(type_: type[T]) -> Callable[[bytes], T]:
    """Return a function that decodes JSON to `type_`. It raises msgspec.DecodeError (a ValueError)."""
    return msgspec.json.Decoder(type_).decode


_decode_order, _decode_capture, _decode_refund = decoder(_Order), decoder(_Capture), decoder(_Refund)
_decode_problem = decoder(_Problem)


def read_order(body: bytes) -> Order:
    """Parse an order. Raises ValueError if it is malformed or does not have exactly one purchase unit."""
    order = _decode_order(body)
    (unit,) = order.purchase_units
    return Order(
        id=order.id,
        status=order.status,
        reference=unit.custom_id,
        amount=unit.amount.money(),
        approval_url=_link(order.links, *APPROVAL_RELATIONS),
        payer_id=_payer_id(order),
        capture=_effective_capture(unit.payments.captures if unit.payments else [], order.id),
    )


def read_capture(body: bytes) -> Capture:
    """Parse a capture. Raises ValueError if it is malformed."""
    return _capture(_decode_capture(body), None)


def read_refund(body: bytes) -> Refund:
    """Parse a refund. Raises ValueError if it is malformed."""
    refund = _decode_refund(body)
    captured = _link(refund.links, "up")
    return Refund(
        id=refund.id,
        status=refund.status,
        amount=refund.amount.money(),
        reason=refund.status_details.reason if refund.status_details else None,
        reference=refund.custom_id,
        capture_id=captured.rpartition("/captures/")[2] if captured else None,
    )


def read_problem(body: bytes) -> Problem:
    """Parse the body of an error response. Raises ValueError if it is not in PayPal's format."""
    problem = _decode_problem(body)
    return Problem(
        name=problem.name,
        issue=problem.details[0].issue if problem.details else None,
        redirect=_link(problem.links, "redirect", "payer-action"),
        debug_id=problem.debug_id,
    )


def _effective_capture(captures: Sequence[_Capture], order_id: str) -> Capture | None:
    """Return the capture that took money or still may; otherwise the last unsuccessful one, or None."""
    counting = [capture for capture in captures if capture.status not in UNSUCCESSFUL]
    found = counting or captures
    return _capture(found[-1], order_id) if found else None


def _capture(capture: _Capture, order_id: str | None) -> Capture:
    data = capture.supplementary_data
    return Capture(
        id=capture.id,
        status=capture.status,
        amount=capture.amount.money(),
        reason=capture.status_details.reason if capture.status_details else None,
        reference=capture.custom_id,
        order_id=data.related_ids.order_id if data and data.related_ids else order_id,
    )


def _payer_id(order: _Order) -> str | None:
    wallet = order.payment_source.paypal if order.payment_source else None
    return (order.payer.payer_id if order.payer else None) or (wallet.account_id if wallet else None)


def _link(links: Sequence[_Link], *relations: str) -> str | None:
    """Return the target of the first link with one of these relations."""
    return next((link.href for link in links if link.rel in relations), None)
