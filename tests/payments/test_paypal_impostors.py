"""Answers that are not PayPal's, such as those of a proxy, count neither as a success nor as a refusal."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx
import pytest
from litestar import Litestar, Response, route
from litestar.params import FromPath

from app.domain.payments.paypal.client import PayPal
from app.domain.payments.paypal.errors import PayPalRefused, PayPalUnavailable, PayPalUnknown
from tests.payments.conftest import Connect
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.orders import approved, create, new_id
from tests.support.servers.http_server import serving

E = TypeVar("E", bound=Exception)
TOKEN = json.dumps({"access_token": "a", "expires_in": 3600})
REFUSAL = json.dumps({"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": "ORDER_NOT_APPROVED"}], "debug_id": "x"})


@asynccontextmanager
async def answering(status: int, body: str, token: str = TOKEN, **headers: str) -> AsyncIterator[str]:
    """Serve an access token, and this answer to every other request; yield the URL."""

    @route("/{path:path}", http_method=["GET", "POST"])
    async def answer(path: FromPath[str]) -> Response[str]:
        if path.endswith("/token"):
            return Response(token, media_type="application/json")
        return Response(body, status_code=status, headers=headers)

    async with serving(Litestar([answer], openapi_config=None, logging_config=None)) as url:
        yield url


async def failure(kind: type[E], connect: Connect, status: int, body: str, token: str = TOKEN, **headers: str) -> E:
    """Create an order, to which this is the answer; return the client's error."""
    async with answering(status, body, token, **headers) as url:
        with pytest.raises(kind) as caught:
            await create(connect(url, check_documents=False))
    return caught.value


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, ""),
        (200, "<html>Welcome to the hotel's wireless network</html>"),
        (200, "{}"),
        (201, '{"id": "5O190127TN364715T", "status": "COMPLETED"}'),
        (204, ""),
        (302, ""),
        (400, ""),
        (403, "<html>Access denied</html>"),
        (404, "{}"),
        (407, '{"error": "proxy"}'),
        (422, '{"name": null}'),
        (500, REFUSAL),
        (503, REFUSAL),
        (409, REFUSAL),
        (408, REFUSAL),
    ],
)
async def test_an_answer_that_is_not_paypals_leaves_the_outcome_unknown(
    connect: Connect, requests: list[httpx.Request], status: int, body: str
) -> None:
    async with answering(status, body, Location="http://127.0.0.1:1/elsewhere") as url:
        paypal = connect(url, check_documents=False)
        with pytest.raises(PayPalUnknown):
            await paypal.capture_order("5O190127TN364715T", request_id=new_id())
    assert len(requests) == 5  # a token and four attempts; no redirect was followed


async def test_a_refusal_needs_only_a_name(connect: Connect) -> None:
    refused = await failure(PayPalRefused, connect, 422, '{"name": "UNPROCESSABLE_ENTITY"}')
    assert (refused.issue, refused.debug_id, refused.redirect) == ("UNPROCESSABLE_ENTITY", None, None)


@pytest.mark.parametrize(
    ("header", "body", "known"), [("in-header", None, "in-header"), (None, "in-body", "in-body"), (None, None, None)]
)
async def test_the_debug_id_may_be_in_two_places(
    connect: Connect, header: str | None, body: str | None, known: str | None
) -> None:
    headers = {"PayPal-Debug-Id": header} if header else {}
    refusal = json.dumps({"name": "UNPROCESSABLE_ENTITY", "debug_id": body})
    assert (await failure(PayPalRefused, connect, 422, refusal, **headers)).debug_id == known


@pytest.mark.parametrize("token", ["", "{}", '{"access_token": "a"}', '{"access_token": 1, "expires_in": 1}', "<html>"])
async def test_without_a_valid_token_no_call_is_made(
    connect: Connect, requests: list[httpx.Request], token: str
) -> None:
    assert "no access token" in str(await failure(PayPalUnavailable, connect, 422, REFUSAL, token))
    assert {request.url.path for request in requests} == {"/v1/oauth2/token"}


@pytest.mark.parametrize("after", ["soon", "-1", "1e3", "", "Mon, 99 Foo 2026 00:00:00 GMT", "9" * 400])
async def test_a_strange_retry_after_does_no_harm(connect: Connect, after: str) -> None:
    await failure(PayPalUnavailable, connect, 429, "", **{"Retry-After": after})


async def test_a_retry_after_may_be_a_date(connect: Connect) -> None:
    error = await failure(PayPalUnavailable, connect, 429, "", **{"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"})
    assert error.retry_after
    assert error.retry_after > 10**9


async def test_an_answer_about_another_order_is_rejected(
    connect: Connect, paypal: PayPal, fake_paypal: FakePayPal
) -> None:
    first, second, request_id = await approved(paypal, fake_paypal), await approved(paypal, fake_paypal), new_id()
    await paypal.capture_order(first.id, request_id=request_id)
    with pytest.raises(PayPalUnknown, match="not the documented answer"):
        await connect(check_documents=False).capture_order(second.id, request_id=request_id)
    assert await fake_paypal.captures_of(second.id) == []
