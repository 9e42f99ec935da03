"""The configured PayPal account, and the check of its webhooks."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import httpx

from app.domain.payments.lifecycle import Lifecycle
from app.domain.payments.paypal.call import Timeouts
from app.domain.payments.paypal.certificate_chain import public_roots
from app.domain.payments.paypal.certificates import Certificates, read_seeded
from app.domain.payments.paypal.client import PayPal
from app.domain.payments.paypal.errors import PayPalError
from app.domain.payments.paypal.webhook_errors import WebhookForgedError, WebhookUndecidedError
from app.domain.payments.paypal.webhook_signature import WebhookVerifier, read_transmission
from app.domain.payments.problems import not_configured
from app.domain.payments.repository import PaymentRepository
from app.settings import Settings

# A request makes up to two calls within REQUEST_SECONDS. A job must end before the worker counts it as dead.
REQUEST_TIMEOUTS = Timeouts(read=8, total=9)
JOB_TIMEOUTS = Timeouts(read=10, total=20)

WebhookCheck = Callable[[Mapping[str, str], bytes], Awaitable[None]]


class PayPalGateway:
    """PayPal as configured in the settings. Without PAYPAL_CLIENT_ID, payments fail. Use it in `async with`."""

    def __init__(self, settings: Settings, timeouts: Timeouts = JOB_TIMEOUTS) -> None:
        self._settings = settings
        self._timeouts = timeouts
        self._open = AsyncExitStack()
        self._paypal: PayPal | None = None
        self.check_webhook: WebhookCheck = _refuse_webhook

    async def __aenter__(self) -> "PayPalGateway":
        settings = self._settings
        if settings.paypal_client_id:
            paypal = PayPal(
                settings.paypal_base_url,
                settings.paypal_client_id,
                settings.paypal_client_secret,
                timeouts=self._timeouts,
            )
            self._paypal = await self._open.enter_async_context(paypal)
        if settings.paypal_webhook_id:
            self.check_webhook = await self._webhook_check()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    @property
    def is_configured(self) -> bool:
        """Whether an account is configured."""
        return self._paypal is not None

    @property
    def paypal(self) -> PayPal:
        """The client. Raises ProblemError (503) if no account is configured."""
        if self._paypal is None:
            raise not_configured()
        return self._paypal

    def lifecycle(self, payments: PaymentRepository) -> Lifecycle:
        """Return the payment lifecycle. Raises ProblemError (503) if no account is configured."""
        pages = f"{self._settings.public_url.rstrip('/')}/api/payments"
        return Lifecycle(
            payments,
            self.paypal,
            return_url=self._settings.payment_return_url or f"{pages}/return/",
            cancel_url=self._settings.payment_cancel_url or f"{pages}/cancel/",
        )

    async def _webhook_check(self) -> WebhookCheck:
        if self._settings.paypal_webhook_verification == "paypal":
            return self._verify_at_paypal
        http = await self._open.enter_async_context(httpx.AsyncClient())
        seeded = read_seeded(Path(path)) if (path := self._settings.paypal_certificates) else {}
        certificates = Certificates(http, public_roots(), seeded)
        return WebhookVerifier(self._settings.paypal_webhook_id, certificates).verify

    async def _verify_at_paypal(self, headers: Mapping[str, str], body: bytes) -> None:
        read_transmission(headers)  # refuses malformed headers without a call to PayPal
        try:
            is_genuine = await self.paypal.verify_webhook(
                headers=headers, body=body, webhook_id=self._settings.paypal_webhook_id
            )
        except PayPalError as error:
            raise WebhookUndecidedError(f"PayPal did not answer: {type(error).__name__}") from error
        if not is_genuine:
            raise WebhookForgedError("signature")


async def _refuse_webhook(_: Mapping[str, str], __: bytes) -> None:
    raise not_configured()
