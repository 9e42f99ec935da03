"""The calls of PayPal's Orders v2, Payments v2 and webhooks v1 that the stand-in answers."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from app.sandbox.paypal.handlers import Asked, Desk, Reply, found, wants_all
from app.sandbox.paypal.ledger import Ledger
from app.sandbox.paypal.refusals import refused
from app.sandbox.paypal.requests import CaptureRequest, OrderRequest, RefundRequest, parse
from app.sandbox.paypal.serializers import Shapes
from app.sandbox.paypal.store import Capture, Event, Order, Records, Refund

Text = Annotated[str, Meta(min_length=1)]


class Signature(Struct):
    """The body that asks whether a webhook is genuine."""

    auth_algo: Text
    cert_url: Text
    transmission_id: Text
    transmission_sig: Text
    transmission_time: Text
    webhook_id: Text
    webhook_event: msgspec.Raw


Verify = Callable[[Signature], bool]
"""Tells whether a signature is ours."""


def create_api(desk: Desk, records: Records, ledger: Ledger, shapes: Shapes, verify: Verify) -> list[HTTPRouteHandler]:
    """Return the calls."""
    return [
        *_orders(desk, records, ledger, shapes),
        *_payments(desk, records, ledger, shapes),
        *_webhooks(desk, records, verify),
    ]


def _orders(desk: Desk, records: Records, ledger: Ledger, shapes: Shapes) -> list[HTTPRouteHandler]:
    @post("/v1/oauth2/token")
    async def grant_token(request: Asked) -> Response[Any]:
        return await desk.serve("token", request, lambda body: desk.grant_token(request, body))

    @post("/v2/checkout/orders")
    async def create_order(request: Asked) -> Response[Any]:
        draw = ledger.show_order if wants_all(request) else shapes.brief_order

        def create(body: bytes) -> Reply:
            asked = parse(body, OrderRequest)
            if asked.payment_source and not request.headers.get("paypal-request-id"):
                raise refused("PAYPAL_REQUEST_ID_REQUIRED")
            return desk.once(
                "create_order",
                request,
                lambda: ledger.create_order(asked).id,
                lambda id_: draw(records.get(Order, id_)),
                repeated=200,
            )

        return await desk.serve("create_order", request, create)

    @get("/v2/checkout/orders/{order_id:str}")
    async def get_order(request: Asked, order_id: FromPath[str]) -> Response[Any]:
        return await desk.serve(
            "get_order", request, lambda _: Reply(200, ledger.show_order(found(records, Order, order_id)))
        )

    @post("/v2/checkout/orders/{order_id:str}/capture")
    async def capture_order(request: Asked, order_id: FromPath[str]) -> Response[Any]:
        def capture(body: bytes) -> Reply:
            parse(body, CaptureRequest)
            return desk.once(
                "capture_order",
                request,
                lambda: ledger.capture_order(found(records, Order, order_id)).order_id,
                lambda id_: ledger.show_order(records.get(Order, id_), brief=not wants_all(request)),
                repeated=200,
            )

        return await desk.serve("capture_order", request, capture)

    return [grant_token, create_order, get_order, capture_order]


def _payments(desk: Desk, records: Records, ledger: Ledger, shapes: Shapes) -> list[HTTPRouteHandler]:
    @get("/v2/payments/captures/{capture_id:str}")
    async def get_capture(request: Asked, capture_id: FromPath[str]) -> Response[Any]:
        return await desk.serve(
            "get_capture", request, lambda _: Reply(200, shapes.capture(found(records, Capture, capture_id)))
        )

    @post("/v2/payments/captures/{capture_id:str}/refund")
    async def refund_capture(request: Asked, capture_id: FromPath[str]) -> Response[Any]:
        draw = ledger.show_refund if wants_all(request) else shapes.brief_refund

        def refund(body: bytes) -> Reply:
            asked = parse(body, RefundRequest)
            return desk.once(
                "refund_capture",
                request,
                lambda: ledger.refund_capture(found(records, Capture, capture_id), asked).id,
                lambda id_: draw(records.get(Refund, id_)),
                repeated=201,  # the documents know no other
            )

        return await desk.serve("refund_capture", request, refund)

    @get("/v2/payments/refunds/{refund_id:str}")
    async def get_refund(request: Asked, refund_id: FromPath[str]) -> Response[Any]:
        return await desk.serve(
            "get_refund", request, lambda _: Reply(200, ledger.show_refund(found(records, Refund, refund_id)))
        )

    return [get_capture, refund_capture, get_refund]


def _webhooks(desk: Desk, records: Records, verify: Verify) -> list[HTTPRouteHandler]:
    @post("/v1/notifications/verify-webhook-signature")
    async def verify_webhook(request: Asked) -> Response[Any]:
        def judge(body: bytes) -> Reply:
            verdict: Literal["SUCCESS", "FAILURE"] = "SUCCESS" if verify(parse(body, Signature)) else "FAILURE"
            return Reply(200, {"verification_status": verdict})

        return await desk.serve("verify_webhook", request, judge)

    @get("/v1/notifications/webhooks-events/{event_id:str}")
    async def get_event(request: Asked, event_id: FromPath[str]) -> Response[Any]:
        return await desk.serve("get_event", request, lambda _: Reply(200, found(records, Event, event_id).body))

    return [verify_webhook, get_event]
