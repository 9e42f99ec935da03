"""The post between PayPal and us: takes PayPal's webhooks as they come, and has them delivered when a test says so.

Delivered late, in another order, again, or never: each goes out byte for byte, with the headers that PayPal signed.
"""

import asyncio
import json
from types import TracebackType
from typing import Any, NamedTuple

from litestar import Litestar, Request, post

from app.sandbox.paypal.server import PayPalStandIn
from app.sandbox.servers.web import WebServer
from tests.support.paypal.fake_paypal import Till


class Letter(NamedTuple):
    """A webhook, as it was sent."""

    id: str
    headers: dict[str, str]
    body: bytes


class Post:
    """Takes what the stand-in sends."""

    def __init__(self, stand_in: PayPalStandIn, till: Till) -> None:
        self._stand_in = stand_in
        self._till = till
        self._server = WebServer()
        self._letters: dict[str, Letter] = {}
        self._opened = 0

    async def __aenter__(self) -> "Post":
        @post("/", status_code=204)
        async def take(request: Request[Any, Any, Any]) -> None:
            body = await request.body()
            headers = {name: value for name, value in request.headers.items() if name.startswith("paypal-")}
            letter = Letter(json.loads(body)["id"], headers | {"content-type": "application/json"}, body)
            self._letters[letter.id] = letter

        listener = self._server.listen()
        self._server.serve(Litestar([take], openapi_config=None, logging_config=None), listener)
        self._stand_in.send_webhooks_to(self._server.url)
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self._server.stop()

    async def messages(self) -> list[Letter]:
        """Return what has been sent since the post was last cleared, in the order in which it happened."""
        while True:
            events = (await self._till.books())["events"]
            if all(event["state"] == "delivered" for event in events):
                return [self._letters[event["id"]] for event in events[self._opened :]]
            await asyncio.sleep(0.001)

    async def clear(self) -> None:
        """Forget what was sent so far."""
        self._opened += len(await self.messages())
