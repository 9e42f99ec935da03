"""Receives PayPal's webhooks: verifies and stores each event once. The worker then fetches the details from PayPal."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
import structlog
from litestar import Request, post
from litestar.di import NamedDependency, Provide
from msgspec import Meta

from app.api.problems import FieldError, ProblemError, invalid_request
from app.domain.fields import END
from app.domain.payments.controller import provide_payments
from app.domain.payments.gateway import PayPalGateway
from app.domain.payments.paypal.webhook_errors import WebhookForgedError, WebhookUndecidedError
from app.domain.payments.repository import PaymentRepository

log = structlog.get_logger()


# The fields of a resource that may contain the id of an order, a capture or a refund, or our own reference.
ID_FIELDS = frozenset({"id", "custom_id", "order_id", "capture_id", "href"})  # a link to a capture ends with its id
NAME = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)


class WebhookEvent(msgspec.Struct):
    """The used fields of an event. The structure of `resource` depends on the event type."""

    id: Annotated[str, Meta(pattern=rf"^[A-Za-z0-9-]{{1,64}}{END}")]
    event_type: Annotated[str, Meta(pattern=rf"^[A-Za-z0-9._-]{{1,255}}{END}")]
    resource: Any = None

    @property
    def names(self) -> list[str]:
        """All ids in the event that may identify one of our payments."""
        return [name for name in _ids_in(self.resource) if NAME.fullmatch(name)]


def _ids_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for field, inner in value.items():
            if isinstance(inner, str) and field in ID_FIELDS:
                yield inner.rpartition("/")[2]
            else:
                yield from _ids_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _ids_in(inner)


@post(
    "/api/payments/webhooks/paypal",
    status_code=204,
    include_in_schema=False,
    exclude_from_auth=True,
    dependencies={"payments": Provide(provide_payments)},
)
async def receive_webhook(
    request: Request[Any, Any, Any],
    payments: NamedDependency[PaymentRepository],
    paypal_gateway: NamedDependency[PayPalGateway],
) -> None:
    """Receive a PayPal event. PayPal repeats an event that is not answered with 2xx."""
    body = await request.body()
    try:
        await paypal_gateway.check_webhook(request.headers, body)
        event = msgspec.json.decode(body, type=WebhookEvent)
        names = event.names
    except WebhookForgedError as forgery:
        log.warning("webhook_refused", reason=forgery.reason)
        raise ProblemError(403, "webhook_forged", "The request is not signed by PayPal.") from forgery
    except WebhookUndecidedError as doubt:
        raise ProblemError(503, "webhook_undecided", "The signature cannot be checked at the moment.") from doubt
    except (ValueError, RecursionError) as error:  # RecursionError: nested more deeply than Python can follow
        raise invalid_request([FieldError("", "The body is not a PayPal event.")]) from error
    await payments.receive_webhook(event.id, event.event_type, names)
