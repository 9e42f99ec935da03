"""The supported operations of PayPal's Orders v2, Payments v2 and webhooks v1."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from app.sandbox.paypal.handlers import AnyRequest, Reply, RequestHandler, require_record, wants_representation
from app.sandbox.paypal.ledger import Ledger
from app.sandbox.paypal.refusals import refused
from app.sandbox.paypal.requests import CaptureRequest, OrderRequest, RefundRequest, parse
from app.sandbox.paypal.serializers import Serializers
from app.sandbox.paypal.store import Capture, Event, Order, Refund, Store

Text = Annotated[str, Meta(min_length=1)]


class Signature(Struct):
    """The request body of a webhook verification."""

    auth_algo: Text
    cert_url: Text
    transmission_id: Text
    transmission_sig: Text
    transmission_time: Text
    webhook_id: Text
    webhook_event: msgspec.Raw


Verify = Callable[[Signature], bool]
"""Returns whether the signature is ours."""


def create_api(
    handler: RequestHandler, store: Store, ledger: Ledger, serializers: Serializers, verify: Verify
) -> list[HTTPRouteHandler]:
    """Return the route handlers."""
    return [
        *_orders(handler, store, ledger, serializers),
        *_payments(handler, store, ledger, serializers),
        *_webhooks(handler, store, verify),
    ]


def _orders(handler: RequestHandler, store: Store, ledger: Ledger, serializers: Serializers) -> list[HTTPRouteHandler]:
    @post("/v1/oauth2/token")
    async def grant_token(request: AnyRequest) -> Response[Any]:
        return await handler.serve("token", request, lambda body: handler.grant_token(request, body))

    @post("/v2/checkout/orders")
    async def create_order(request: AnyRequest) -> Response[Any]:
        draw = ledger.show_order if wants_representation(request) else serializers.brief_order

        def create(body: bytes) -> Reply:
            asked = parse(body, OrderRequest)
            if asked.payment_source and not request.headers.get("paypal-request-id"):
                raise refused("PAYPAL_REQUEST_ID_REQUIRED")
            return handler.idempotent(
                "create_order",
                request,
                lambda: ledger.create_order(asked).id,
                lambda id_: draw(store.get(Order, id_)),
                repeated=200,
            )

        return await handler.serve("create_order", request, create)

    @get("/v2/checkout/orders/{order_id:str}")
    async def get_order(request: AnyRequest, order_id: FromPath[str]) -> Response[Any]:
        return await handler.serve(
            "get_order", request, lambda _: Reply(200, ledger.show_order(require_record(store, Order, order_id)))
        )

    @post("/v2/checkout/orders/{order_id:str}/capture")
    async def capture_order(request: AnyRequest, order_id: FromPath[str]) -> Response[Any]:
        def capture(body: bytes) -> Reply:
            parse(body, CaptureRequest)
            return handler.idempotent(
                "capture_order",
                request,
                lambda: ledger.capture_order(require_record(store, Order, order_id)).order_id,
                lambda id_: ledger.show_order(store.get(Order, id_), brief=not wants_representation(request)),
                repeated=200,
            )

        return await handler.serve("capture_order", request, capture)

    return [grant_token, create_order, get_order, capture_order]


def _payments(
    handler: RequestHandler, store: Store, ledger: Ledger, serializers: Serializers
) -> list[HTTPRouteHandler]:
    @get("/v2/payments/captures/{capture_id:str}")
    async def get_capture(request: AnyRequest, capture_id: FromPath[str]) -> Response[Any]:
        return await handler.serve(
            "get_capture",
            request,
            lambda _: Reply(200, serializers.capture(require_record(store, Capture, capture_id))),
        )

    @post("/v2/payments/captures/{capture_id:str}/refund")
    async def refund_capture(request: AnyRequest, capture_id: FromPath[str]) -> Response[Any]:
        draw = ledger.show_refund if wants_representation(request) else serializers.brief_refund

        def refund(body: bytes) -> Reply:
            asked = parse(body, RefundRequest)
            return handler.idempotent(
                "refund_capture",
                request,
                lambda: ledger.refund_capture(require_record(store, Capture, capture_id), asked).id,
                lambda id_: draw(store.get(Refund, id_)),
                repeated=201,  # the only documented status
            )

        return await handler.serve("refund_capture", request, refund)

    @get("/v2/payments/refunds/{refund_id:str}")
    async def get_refund(request: AnyRequest, refund_id: FromPath[str]) -> Response[Any]:
        return await handler.serve(
            "get_refund", request, lambda _: Reply(200, ledger.show_refund(require_record(store, Refund, refund_id)))
        )

    return [get_capture, refund_capture, get_refund]


def _webhooks(handler: RequestHandler, store: Store, verify: Verify) -> list[HTTPRouteHandler]:
    @post("/v1/notifications/verify-webhook-signature")
    async def verify_webhook(request: AnyRequest) -> Response[Any]:
        def judge(body: bytes) -> Reply:
            verdict: Literal["SUCCESS", "FAILURE"] = "SUCCESS" if verify(parse(body, Signature)) else "FAILURE"
            return Reply(200, {"verification_status": verdict})

        return await handler.serve("verify_webhook", request, judge)

    @get("/v1/notifications/webhooks-events/{event_id:str}")
    async def get_event(request: AnyRequest, event_id: FromPath[str]) -> Response[Any]:
        return await handler.serve(
            "get_event", request, lambda _: Reply(200, require_record(store, Event, event_id).body)
        )

    return [verify_webhook, get_event]
