"""Operations that the real PayPal does not have: to inject faults, decide pending payments, and read the ledger.

    curl URL/faults -d '{"operation": "capture_order", "kind": "drop_after"}'   the next capture gets no answer
    curl URL/faults -d '{"operation": "capture_order", "kind": "pending"}'      the next capture is PENDING
    curl URL/captures/ID/decide -d '{"status": "COMPLETED"}'                    decides a PENDING capture
    curl URL/ledger                                                             returns all records

faults.py lists the faults.
"""

from typing import Any, Literal, TypeVar

from litestar import delete, get, post
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct, json

from app.sandbox.paypal.faults import Fault, Faults
from app.sandbox.paypal.handlers import AnyRequest, require_record
from app.sandbox.paypal.ledger import Ledger
from app.sandbox.paypal.store import Capture, Event, Order, Refund, Store
from app.sandbox.paypal.webhooks import Webhooks

B = TypeVar("B", bound=Struct)


class CaptureDecision(Struct):
    """The final status of a PENDING capture."""

    status: Literal["COMPLETED", "DECLINED"]


class RefundDecision(Struct):
    """The final status of a PENDING refund."""

    status: Literal["COMPLETED", "FAILED"]


class LedgerContents(Struct):
    """All records, oldest first."""

    orders: list[Order]
    captures: list[Capture]
    refunds: list[Refund]
    events: list[dict[str, Any]]


def create_control(store: Store, ledger: Ledger, faults: Faults, webhooks: Webhooks) -> list[HTTPRouteHandler]:
    """Return the route handlers. They do not require a token."""
    return [
        *_ledger_routes(store),
        *_fault_routes(faults),
        *_decision_routes(store, ledger),
        *_webhook_routes(store, webhooks),
    ]


def _ledger_routes(store: Store) -> list[HTTPRouteHandler]:
    @get("/ledger")
    async def show_ledger() -> LedgerContents:
        events = [
            {"id": event.id, "type": event.type, "state": event.state, "attempts": event.attempts}
            for event in store.all(Event)
        ]
        return LedgerContents(store.all(Order), store.all(Capture), store.all(Refund), events)

    return [show_ledger]


def _fault_routes(faults: Faults) -> list[HTTPRouteHandler]:
    @get("/faults")
    async def list_faults() -> list[Fault]:
        return faults.waiting

    @post("/faults")
    async def add_fault(request: AnyRequest) -> Fault:
        fault = await _body(request, Fault)
        faults.add(fault)
        return fault

    @delete("/faults")
    async def clear_faults() -> None:
        faults.waiting.clear()

    return [list_faults, add_fault, clear_faults]


def _decision_routes(store: Store, ledger: Ledger) -> list[HTTPRouteHandler]:
    @post("/orders/{order_id:str}/reverse-approval", status_code=204)
    async def reverse_approval(order_id: FromPath[str]) -> None:
        with store.transaction():
            ledger.reverse_approval(require_record(store, Order, order_id))

    @post("/captures/{capture_id:str}/decide", status_code=204)
    async def decide_capture(request: AnyRequest, capture_id: FromPath[str]) -> None:
        decision = await _body(request, CaptureDecision)
        with store.transaction():
            ledger.decide_capture(require_record(store, Capture, capture_id), decision.status)

    @post("/captures/{capture_id:str}/reverse", status_code=204)
    async def reverse_capture(capture_id: FromPath[str]) -> None:
        with store.transaction():
            ledger.reverse_capture(require_record(store, Capture, capture_id))

    @post("/refunds/{refund_id:str}/decide", status_code=204)
    async def decide_refund(request: AnyRequest, refund_id: FromPath[str]) -> None:
        decision = await _body(request, RefundDecision)
        with store.transaction():
            ledger.decide_refund(require_record(store, Refund, refund_id), decision.status)

    return [reverse_approval, decide_capture, reverse_capture, decide_refund]


def _webhook_routes(store: Store, webhooks: Webhooks) -> list[HTTPRouteHandler]:
    @post("/webhooks/release", status_code=204)
    async def release_webhooks() -> None:
        webhooks.release()

    @post("/webhooks/{event_id:str}/resend", status_code=204)
    async def resend_webhook(event_id: FromPath[str]) -> None:
        webhooks.send_again(require_record(store, Event, event_id))

    return [release_webhooks, resend_webhook]


async def _body(request: AnyRequest, kind: type[B]) -> B:
    try:
        return json.decode(await request.body(), type=kind)
    except ValueError as error:
        raise ValidationException(str(error)) from error
