"""What the real PayPal has not: telling the stand-in what is to go wrong, deciding what is pending, looking inside.

    curl URL/faults -d '{"operation": "capture_order", "kind": "drop_after"}'   the next capture gets no answer
    curl URL/faults -d '{"operation": "capture_order", "kind": "pending"}'      the next one is PENDING, until
    curl URL/captures/ID/decide -d '{"status": "COMPLETED"}'                    it is decided
    curl URL/ledger                                                             everything that there is

paypal_faults.py lists what can go wrong.
"""

from typing import Any, Literal, TypeVar

from litestar import delete, get, post
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct, json

from app.sandbox.paypal.faults import Fault, Faults
from app.sandbox.paypal.handlers import Asked, found
from app.sandbox.paypal.ledger import Ledger
from app.sandbox.paypal.store import Capture, Event, Order, Records, Refund
from app.sandbox.paypal.webhooks import Webhooks

B = TypeVar("B", bound=Struct)


class CaptureDecision(Struct):
    """How a PENDING capture ends."""

    status: Literal["COMPLETED", "DECLINED"]


class RefundDecision(Struct):
    """How a PENDING refund ends."""

    status: Literal["COMPLETED", "FAILED"]


class Books(Struct):
    """Everything that there is, the oldest first."""

    orders: list[Order]
    captures: list[Capture]
    refunds: list[Refund]
    events: list[dict[str, Any]]


def create_control(records: Records, ledger: Ledger, faults: Faults, webhooks: Webhooks) -> list[HTTPRouteHandler]:
    """Return the calls; they need no token."""
    return [*_looks(records), *_mishaps(faults), *_decisions(records, ledger), *_deliveries(records, webhooks)]


def _looks(records: Records) -> list[HTTPRouteHandler]:
    @get("/ledger")
    async def show_books() -> Books:
        events = [
            {"id": event.id, "type": event.type, "state": event.state, "attempts": event.attempts}
            for event in records.all(Event)
        ]
        return Books(records.all(Order), records.all(Capture), records.all(Refund), events)

    return [show_books]


def _mishaps(faults: Faults) -> list[HTTPRouteHandler]:
    @get("/faults")
    async def list_faults() -> list[Fault]:
        return faults.waiting

    @post("/faults")
    async def add_fault(request: Asked) -> Fault:
        fault = await _body(request, Fault)
        faults.add(fault)
        return fault

    @delete("/faults")
    async def clear_faults() -> None:
        faults.waiting.clear()

    return [list_faults, add_fault, clear_faults]


def _decisions(records: Records, ledger: Ledger) -> list[HTTPRouteHandler]:
    @post("/orders/{order_id:str}/reverse-approval", status_code=204)
    async def reverse_approval(order_id: FromPath[str]) -> None:
        with records.transaction():
            ledger.reverse_approval(found(records, Order, order_id))

    @post("/captures/{capture_id:str}/decide", status_code=204)
    async def decide_capture(request: Asked, capture_id: FromPath[str]) -> None:
        decision = await _body(request, CaptureDecision)
        with records.transaction():
            ledger.decide_capture(found(records, Capture, capture_id), decision.status)

    @post("/captures/{capture_id:str}/reverse", status_code=204)
    async def reverse_capture(capture_id: FromPath[str]) -> None:
        with records.transaction():
            ledger.reverse_capture(found(records, Capture, capture_id))

    @post("/refunds/{refund_id:str}/decide", status_code=204)
    async def decide_refund(request: Asked, refund_id: FromPath[str]) -> None:
        decision = await _body(request, RefundDecision)
        with records.transaction():
            ledger.decide_refund(found(records, Refund, refund_id), decision.status)

    return [reverse_approval, decide_capture, reverse_capture, decide_refund]


def _deliveries(records: Records, webhooks: Webhooks) -> list[HTTPRouteHandler]:
    @post("/webhooks/release", status_code=204)
    async def release_webhooks() -> None:
        webhooks.release()

    @post("/webhooks/{event_id:str}/resend", status_code=204)
    async def resend_webhook(event_id: FromPath[str]) -> None:
        webhooks.send_again(found(records, Event, event_id))

    return [release_webhooks, resend_webhook]


async def _body(request: Asked, kind: type[B]) -> B:
    try:
        return json.decode(await request.body(), type=kind)
    except ValueError as error:
        raise ValidationException(str(error)) from error
