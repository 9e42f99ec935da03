"""The PayPal stand-in: Orders v2, Payments v2, OAuth2 and signed webhooks, as in PayPal's OpenAPI documents.

Not supported: several purchase units in an order, intent AUTHORIZE, changing and expiring orders, cards.
Additional: approval without a login (pages.py), and operations that inject faults (control.py).
"""

from pathlib import Path
from typing import Any

from litestar import Litestar, Response
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.handlers import HTTPRouteHandler

from app.sandbox.files import secret
from app.sandbox.paypal.api import Signature, create_api
from app.sandbox.paypal.control import create_control
from app.sandbox.paypal.faults import Faults
from app.sandbox.paypal.handlers import AnyRequest, RequestHandler, answer_refusal
from app.sandbox.paypal.ledger import Ledger
from app.sandbox.paypal.pages import create_pages
from app.sandbox.paypal.refusals import Refusal
from app.sandbox.paypal.serializers import Serializers
from app.sandbox.paypal.signing import WebhookSigner
from app.sandbox.paypal.store import Store, new_id
from app.sandbox.paypal.webhooks import Webhooks
from app.sandbox.servers.web import WebServer

CLIENT_ID = "sandbox"
TOKEN_SECONDS = 32400.0  # nine hours, as PayPal's


class PayPalStandIn:
    """Serves at `url`, and keeps its data in the folder `home`. After a restart, it uses the same port if it is free.

    `webhook_pause` is the time in seconds between the first and the second attempt to deliver a webhook.
    """

    def __init__(self, home: Path, *, token_seconds: float = TOKEN_SECONDS, webhook_pause: float = 1) -> None:
        self.client_id = CLIENT_ID
        self.client_secret = secret(home, "paypal")
        self.signer = WebhookSigner(home)
        self.webhook_id = ""
        self._file = home / "paypal.sqlite"
        self._token_seconds = token_seconds
        self._webhook_pause = webhook_pause
        self._server = WebServer()
        self._store: Store | None = None
        self._webhooks: Webhooks | None = None

    @property
    def url(self) -> str:
        """The URL of the API and the pages; empty before the start."""
        return self._server.url

    def settings(self) -> dict[str, str]:
        """Return the environment variables for an API that uses this stand-in."""
        return {
            "PAYPAL_BASE_URL": self.url,
            "PAYPAL_CLIENT_ID": self.client_id,
            "PAYPAL_CLIENT_SECRET": self.client_secret,
            "PAYPAL_WEBHOOK_ID": self.webhook_id,
            "PAYPAL_CERTIFICATES": str(self.signer.certificates),
        }

    async def start(self) -> None:
        """Start listening, and resume the deliveries of an earlier run."""
        store = self._store = Store(self._file)
        listener = self._server.listen(int(store.fact("port") or 0))
        store.put_fact("port", str(self._server.port))
        self.webhook_id = store.fact("webhook_id") or new_id()
        store.put_fact("webhook_id", self.webhook_id)
        serializers, faults = Serializers(self.url), Faults()
        webhooks = self._webhooks = Webhooks(
            store, serializers, faults, self.signer, self.webhook_id, self._webhook_pause
        )
        ledger = Ledger(store, serializers, faults, webhooks.announce)
        handler = RequestHandler(store, faults, (self.client_id, self.client_secret), self._token_seconds)
        handlers = [
            *create_api(handler, store, ledger, serializers, self._has_signed),
            *create_pages(store, ledger),
            *create_control(store, ledger, faults, webhooks),
        ]
        webhooks.resume()
        self._server.serve(_application(handlers), listener)

    async def stop(self) -> None:
        """Stop. Orders, payments and undelivered webhooks are kept for the next start."""
        await self._server.stop()
        if self._webhooks:
            await self._webhooks.stop()
        if self._store:
            self._store.close()

    def send_webhooks_to(self, url: str) -> None:
        """Send webhooks to `url`, including those that were waiting for a URL."""
        if self._webhooks:
            self._webhooks.send_to(url)

    def _has_signed(self, signature: Signature) -> bool:
        expected = self.signer.signature(
            bytes(signature.webhook_event), self.webhook_id, signature.transmission_id, signature.transmission_time
        )
        return (signature.transmission_sig, signature.webhook_id, signature.cert_url, signature.auth_algo) == (
            expected,
            self.webhook_id,
            self.signer.certificate_url,
            "SHA256withRSA",
        )


def _application(handlers: list[HTTPRouteHandler]) -> Litestar:
    return Litestar(
        handlers,
        exception_handlers={
            Refusal: answer_refusal,
            NotFoundException: _answer_missing,
            MethodNotAllowedException: _answer_missing,
        },
        openapi_config=None,
        logging_config=None,
    )


def _answer_missing(request: AnyRequest, _: Exception) -> Response[Any]:
    return answer_refusal(request, Refusal(404))
