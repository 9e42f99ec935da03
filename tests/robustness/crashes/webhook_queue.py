"""A queue between PayPal and the API. A test decides when it delivers webhooks: late, in another order, twice or never.

Each webhook is delivered byte for byte, with the headers that PayPal signed.
"""

import asyncio
import json
from typing import Any, NamedTuple

from litestar import Litestar, Request, post

from app.sandbox.paypal.server import PayPalStandIn
from app.sandbox.servers.web import WebServer
from tests.support.paypal.fake_paypal import FakePayPal


class Webhook(NamedTuple):
    id: str
    headers: dict[str, str]
    body: bytes


class WebhookQueue:
    def __init__(self, stand_in: PayPalStandIn, fake_paypal: FakePayPal) -> None:
        self._stand_in = stand_in
        self._fake_paypal = fake_paypal
        self._server = WebServer()
        self._webhooks: dict[str, Webhook] = {}
        self._cleared = 0

    async def __aenter__(self) -> "WebhookQueue":
        @post("/", status_code=204)
        async def take(request: Request[Any, Any, Any]) -> None:
            body = await request.body()
            headers = {name: value for name, value in request.headers.items() if name.startswith("paypal-")}
            webhook = Webhook(json.loads(body)["id"], headers | {"content-type": "application/json"}, body)
            self._webhooks[webhook.id] = webhook

        listener = self._server.listen()
        self._server.serve(Litestar([take], openapi_config=None, logging_config=None), listener)
        self._stand_in.send_webhooks_to(self._server.url)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop()

    async def webhooks(self) -> list[Webhook]:
        """Return the webhooks since the queue was last cleared, in the order of their events."""
        while True:
            events = (await self._fake_paypal.ledger())["events"]
            if all(event["state"] == "delivered" for event in events):
                return [self._webhooks[event["id"]] for event in events[self._cleared :]]
            await asyncio.sleep(0.001)

    async def clear(self) -> None:
        self._cleared += len(await self.webhooks())
