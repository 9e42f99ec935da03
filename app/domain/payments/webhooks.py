"""PayPal's news: checked, kept once, and answered at once. The worker then asks PayPal itself what has happened."""

from typing import Any

import msgspec
import structlog
from litestar import Request, post
from litestar.di import NamedDependency, Provide

from app.domain.payments.configured import PayPalAccount
from app.domain.payments.controller import provide_payments
from app.domain.payments.forgeries import WebhookForgedError, WebhookUndecidedError
from app.domain.payments.repository import PaymentRepository
from app.domain.problems import FieldError, ProblemError, invalid_request

log = structlog.get_logger()


class _Unit(msgspec.Struct):
    custom_id: str | None = None


class _Related(msgspec.Struct):
    order_id: str | None = None
    capture_id: str | None = None


class _Supplement(msgspec.Struct):
    related_ids: _Related = msgspec.field(default_factory=_Related)


class _Resource(msgspec.Struct):
    id: str | None = None
    custom_id: str | None = None
    supplementary_data: _Supplement = msgspec.field(default_factory=_Supplement)
    purchase_units: list[_Unit] = []


class WebhookEvent(msgspec.Struct):
    """As much of an event as says what to ask about."""

    id: str
    event_type: str
    resource: _Resource

    @property
    def names(self) -> list[str]:
        """Every name in it that may be one of a payment of ours: order, capture, refund, reference."""
        related = self.resource.supplementary_data.related_ids
        found = [self.resource.id, self.resource.custom_id, related.order_id, related.capture_id]
        found += [unit.custom_id for unit in self.resource.purchase_units]
        return [name for name in found if name]


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
    paypal_account: NamedDependency[PayPalAccount],
) -> None:
    """Take an event of PayPal's. What is not answered with 2xx, PayPal sends again."""
    body = await request.body()
    try:
        await paypal_account.check_webhook(request.headers, body)
        event = msgspec.json.decode(body, type=WebhookEvent)
    except WebhookForgedError as forgery:
        log.warning("webhook_refused", reason=forgery.reason)
        raise ProblemError(403, "webhook_forged", "This is not signed by PayPal.") from forgery
    except WebhookUndecidedError as doubt:
        raise ProblemError(503, "webhook_undecided", "The signature cannot be checked just now.") from doubt
    except msgspec.DecodeError as error:
        raise invalid_request([FieldError("", "This is no event of PayPal's.")]) from error
    await payments.receive_webhook(event.id, event.event_type, event.names)
