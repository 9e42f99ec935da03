"""Controls the PayPal stand-in: acts as the payer, injects faults, and reads the ledger."""

from typing import Any

import httpx


class FakePayPal:
    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, trust_env=False)

    async def __aenter__(self) -> "FakePayPal":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def get(self, path: str) -> httpx.Response:
        return await self._http.get(path)

    async def post(self, path: str, body: object = None) -> httpx.Response:
        """Send a POST request, and check that it succeeds."""
        answer = await self._http.post(path, json=body)
        assert answer.status_code < 400, answer.text
        return answer

    async def approve(self, order_id: str) -> httpx.Response:
        return await self.post(f"/checkoutnow/approve?token={order_id}")

    async def add_fault(self, operation: str, kind: str, **more: Any) -> None:
        await self.post("/faults", {"operation": operation, "kind": kind, **more})

    async def faults(self) -> Any:
        """Return the faults that have not occurred yet."""
        return (await self.get("/faults")).json()

    async def clear_faults(self) -> None:
        await self._http.delete("/faults")

    async def ledger(self) -> Any:
        """Return all orders, captures, refunds and webhook events."""
        return (await self.get("/ledger")).json()

    async def captures_of(self, order_id: str) -> Any:
        return [capture for capture in (await self.ledger())["captures"] if capture["order_id"] == order_id]
