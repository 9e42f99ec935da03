"""The webhooks of the PayPal stand-in: signed, repeated until they are accepted, in no guaranteed order."""

import asyncio
from typing import Any, Protocol

import httpx
import msgspec

from app.sandbox.paypal.faults import WEBHOOKS, Faults
from app.sandbox.paypal.serializers import Serializers
from app.sandbox.paypal.store import Amount, Event, Store

MAX_ATTEMPTS = 25  # as at PayPal, which spreads them over three days
MAX_PAUSE = 60.0
SECONDS_TO_ANSWER = 30


class Signer(Protocol):
    """Signs webhooks as PayPal does."""

    def headers(self, body: bytes, webhook_id: str) -> dict[str, str]:
        """Return the PAYPAL-* headers of a new transmission."""


class Webhooks:
    """Sends events once `send_to` has set the URL. `pause` is the seconds after the first failure, then doubled."""

    def __init__(
        self, store: Store, serializers: Serializers, faults: Faults, signer: Signer, webhook_id: str, pause: float
    ) -> None:
        self._store = store
        self._serializers = serializers
        self._faults = faults
        self._signer = signer
        self._webhook_id = webhook_id
        self._pause = pause
        self._url = ""
        self._url_is_known = asyncio.Event()
        self._http = httpx.AsyncClient(trust_env=False, timeout=SECONDS_TO_ANSWER)
        self._deliveries: set[asyncio.Task[None]] = set()

    def send_to(self, url: str) -> None:
        """Send the events to `url` from now on."""
        self._url = url
        self._url_is_known.set()

    def resume(self) -> None:
        """Resume the deliveries of an earlier run."""
        for event in self._store.all(Event):
            if event.state == "due":
                self._deliver(event)

    async def stop(self) -> None:
        """Cancel all deliveries."""
        for delivery in self._deliveries:
            delivery.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)
        await self._http.aclose()

    def announce(self, event_type: str, resource: dict[str, Any], amount: Amount) -> None:
        """Store an event, and send it unless a fault withholds it."""
        event = Event(type=event_type)
        event.body = msgspec.json.encode(self._serializers.event(event.id, event_type, resource, amount))
        while fault := self._faults.take("webhook", WEBHOOKS):
            if fault.kind == "withhold":
                event.state = "withheld"
            elif fault.kind == "duplicate":
                event.copies += 1
            else:
                event.wait = fault.seconds
        self._store.put(event)
        if event.state == "due":
            self._deliver(event)

    def release(self) -> None:
        """Send the withheld events, newest first."""
        for event in reversed(self._store.all(Event)):
            if event.state == "withheld":
                event.state = "due"
                self._store.put(event)
                self._deliver(event)

    def send_again(self, event: Event) -> None:
        """Send an event again."""

        event.state, event.copies, event.wait = "due", 1, 0
        self._store.put(event)
        self._deliver(event)

    def _deliver(self, event: Event) -> None:
        delivery = asyncio.get_running_loop().create_task(self._send(event))
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)

    async def _send(self, event: Event) -> None:
        await asyncio.sleep(event.wait)
        await self._url_is_known.wait()
        while event.copies and event.attempts < MAX_ATTEMPTS:
            event.attempts += 1
            if await self._is_accepted(event):
                event.copies -= 1
            else:
                await asyncio.sleep(min(self._pause * 2 ** (event.attempts - 1), MAX_PAUSE))
            self._store.put(event)
        event.state = "given up" if event.copies else "delivered"
        self._store.put(event)

    async def _is_accepted(self, event: Event) -> bool:
        headers = {"Content-Type": "application/json", **self._signer.headers(event.body, self._webhook_id)}
        try:
            answer = await self._http.post(self._url, content=event.body, headers=headers)
        except httpx.HTTPError:
            return False
        return answer.is_success
