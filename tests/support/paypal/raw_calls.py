"""Calls of the PayPal stand-in that our client does not make."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from httpx import AsyncClient

from app.sandbox.paypal.server import PayPalStandIn
from tests.support.paypal import openapi_documents

AMOUNT = {"currency_code": "USD", "value": "100.00"}
ORDER = {"intent": "CAPTURE", "purchase_units": [{"amount": AMOUNT}]}
ADDRESSES = {"return_url": "https://a.example.org/r?lang=en", "cancel_url": "https://a.example.org/c"}
WITH_SOURCE = ORDER | {"payment_source": {"paypal": {"experience_context": ADDRESSES}}}
RETURN_REPRESENTATION = {"Prefer": "return=representation"}


@asynccontextmanager
async def logged_in(stand_in: PayPalStandIn) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(base_url=stand_in.url, trust_env=False) as http:
        login = (stand_in.client_id, stand_in.client_secret)
        granted = await http.post("/v1/oauth2/token", auth=login, data={"grant_type": "client_credentials"})
        http.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"
        yield http


async def post(raw: AsyncClient, path: str, body: Any = None, **headers: str) -> Any:
    """Send a POST request, check the answer against PayPal's documents, and return it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await raw.post(path, json={} if body is None else body, headers=named)
    operation = openapi_documents.find(answer.request) if openapi_documents.are_available() else None
    assert not (operation and openapi_documents.answer_faults(operation, answer)), answer.text
    return answer


def capture_id(paid: httpx.Response) -> Any:
    return paid.json()["purchase_units"][0]["payments"]["captures"][0]["id"]


def issue(answer: httpx.Response) -> Any:
    return (answer.status_code, answer.json()["details"][0]["issue"])


def relations(answer: httpx.Response) -> list[str]:
    return [link["rel"] for link in answer.json()["links"]]
