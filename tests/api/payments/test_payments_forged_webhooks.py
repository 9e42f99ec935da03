"""Webhooks that PayPal did not send, or not so: refused, not written down, and nobody outside is asked about them."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
from msgspec.structs import replace
from structlog.testing import capture_logs

from app.sandbox.paypal.server import PayPalStandIn
from app.settings import Settings
from tests.payments.test_webhook_signature import signed as signed_by_an_impostor
from tests.support.http.answers import assert_problem
from tests.support.http.recording_proxy import RecordingProxy, recording_proxy
from tests.support.paypal.certificate_authority import FORGED_CHAINS, root
from tests.support.paypal.forged_urls import FORGED_URLS
from tests.support.paypal.payment_client import PaymentClient
from tests.support.paypal.webhook_events import ALGORITHM, CERTIFICATE_URL, SIGNATURE, event

WEBHOOKS = "/api/payments/webhooks/paypal/"
TRUSTED = root()
# Where each forged chain stands; our API would believe what is there.
PLACES = {name: f"https://api.paypal.com/v1/notifications/certs/FORGED-{n}" for n, name in enumerate(FORGED_CHAINS)}

Headers = dict[str, str]
Forge = Callable[[PayPalStandIn, bytes], tuple[Headers, bytes]]


@pytest_asyncio.fixture(scope="module")
async def asked() -> AsyncIterator[RecordingProxy]:
    """What the module's API asks for outside of this machine."""
    async with recording_proxy() as asked:
        yield asked


@pytest.fixture(scope="module")
def settings(
    settings: Settings, stand_in: PayPalStandIn, asked: RecordingProxy, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """The settings of an API that knows the forged certificates, and whose way out is watched."""
    del asked  # it has to be there before the API is
    known = json.loads(stand_in.signer.certificates.read_text())
    for name, (make, _) in FORGED_CHAINS.items():
        known[PLACES[name]] = {"chain": make(TRUSTED).decode(), "root": TRUSTED.pem.decode()}
    file: Path = tmp_path_factory.mktemp("certificates") / "certificates.json"
    file.write_text(json.dumps(known))
    return replace(settings, paypal_certificates=str(file))


def signed(stand_in: PayPalStandIn, body: bytes) -> Headers:
    """Return the headers that PayPal sends with a body."""
    return stand_in.signer.headers(body, stand_in.webhook_id)


async def refuse(
    client: httpx.AsyncClient, owner: asyncpg.Connection, asked: RecordingProxy, headers: httpx.Headers, body: bytes
) -> str:
    """Check that a webhook is refused and leaves no trace but a line in the log; return the reason that this gives."""
    before, asked_before = await owner.fetchval("SELECT count(*) FROM webhook_event"), list(asked.asked)
    with capture_logs() as logs:
        answer = await client.post(WEBHOOKS, headers=headers, content=body)
    problem = assert_problem(answer, 403, "webhook_forged")
    assert problem["detail"] == "The request is not signed by PayPal."
    assert await owner.fetchval("SELECT count(*) FROM webhook_event") == before
    assert asked.asked == asked_before
    assert "3C679366HH908993F" not in str(logs)
    (reason,) = [line["reason"] for line in logs if line["event"] == "webhook_refused"]
    return str(reason)


def with_header(name: str, value: str) -> Forge:
    """Return the forgery that has another header."""
    return lambda stand_in, body: (signed(stand_in, body) | {name: value}, body)


FORGERIES: dict[str, tuple[Forge, str]] = {
    "another amount": (
        lambda stand_in, body: (signed(stand_in, body), body.replace(b"100.00", b"900.00")),
        "signature",
    ),
    "a byte more": (lambda stand_in, body: (signed(stand_in, body), body + b"\n"), "signature"),
    "a byte less": (lambda stand_in, body: (signed(stand_in, body), body[:-1]), "signature"),
    "JSON written anew": (
        lambda stand_in, body: (signed(stand_in, body), json.dumps(json.loads(body)).encode()),
        "signature",
    ),
    "no body": (lambda stand_in, body: (signed(stand_in, body), b""), "signature"),
    "for another webhook": (
        lambda stand_in, body: (stand_in.signer.headers(body, "0EH40505U7160970P"), body),
        "signature",
    ),
    "of another transmission": (
        with_header("PAYPAL-TRANSMISSION-ID", "69cd13f0-d67a-11e5-baa3-778b53f4ae55"),
        "signature",
    ),
    "of another time": (with_header("PAYPAL-TRANSMISSION-TIME", "2016-02-18T20:01:35Z"), "signature"),
    "another signature": (with_header(SIGNATURE, "A" * 342 + "=="), "signature"),
    "a short signature": (with_header(SIGNATURE, "AAAA"), "signature"),
    "no signature": (with_header(SIGNATURE, ""), "header_malformed"),
    "a signature that is no base 64": (with_header(SIGNATURE, "=AAA"), "header_malformed"),
    **{
        f"the algorithm {name}": (with_header(ALGORITHM, name), "algorithm")
        for name in ("SHA1withRSA", "SHA512withRSA", "sha256withrsa", "none", "HS256")
    },
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_a_forgery(
    client: httpx.AsyncClient, owner: asyncpg.Connection, asked: RecordingProxy, stand_in: PayPalStandIn, name: str
) -> None:
    forge, reason = FORGERIES[name]
    headers, body = forge(stand_in, event())
    assert await refuse(client, owner, asked, httpx.Headers(headers), body) == reason


# what HTTP can carry in a header
@pytest.mark.parametrize(
    "url", [url for url in FORGED_URLS.values() if url.isascii() and url.isprintable() and url == url.strip()]
)
async def test_a_certificate_that_is_elsewhere(
    client: httpx.AsyncClient, owner: asyncpg.Connection, asked: RecordingProxy, stand_in: PayPalStandIn, url: str
) -> None:
    body = event()
    headers = httpx.Headers(signed(stand_in, body) | {CERTIFICATE_URL: url})
    assert await refuse(client, owner, asked, headers, body) in {"certificate_url", "header_malformed"}


@pytest.mark.parametrize("name", FORGED_CHAINS)
async def test_a_forged_certificate(
    client: httpx.AsyncClient, owner: asyncpg.Connection, asked: RecordingProxy, stand_in: PayPalStandIn, name: str
) -> None:
    body = event()
    headers = signed_by_an_impostor(body, webhook=stand_in.webhook_id) | {CERTIFICATE_URL: PLACES[name]}
    assert await refuse(client, owner, asked, httpx.Headers(headers), body) == FORGED_CHAINS[name][1]


async def test_another_ones_key_at_the_address_of_paypals(
    client: httpx.AsyncClient, owner: asyncpg.Connection, asked: RecordingProxy, stand_in: PayPalStandIn
) -> None:
    body, url = event(), stand_in.signer.certificate_url
    headers = signed_by_an_impostor(body, webhook=stand_in.webhook_id) | {CERTIFICATE_URL: url}
    assert await refuse(client, owner, asked, httpx.Headers(headers), body) == "signature"


async def test_a_header_that_is_missing_or_comes_twice(
    client: httpx.AsyncClient, owner: asyncpg.Connection, asked: RecordingProxy, stand_in: PayPalStandIn
) -> None:
    body = event()
    headers = signed(stand_in, body)
    for name in set(headers) - {"PAYPAL-AUTH-VERSION"}:
        without = httpx.Headers({other: value for other, value in headers.items() if other != name})
        assert await refuse(client, owner, asked, without, body) == "header_missing"
        twice = httpx.Headers([*headers.items(), (name, headers[name])])
        assert await refuse(client, owner, asked, twice, body) == "header_repeated"
    assert await refuse(client, owner, asked, httpx.Headers(), body) == "header_missing"


async def test_where_a_genuine_certificate_is_looked_for(
    client: httpx.AsyncClient, owner: asyncpg.Connection, asked: RecordingProxy, stand_in: PayPalStandIn
) -> None:
    """So that the other tests are known to look in the right place."""
    body = event()
    url = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270"
    answer = await client.post(WEBHOOKS, headers=signed(stand_in, body) | {CERTIFICATE_URL: url}, content=body)
    assert_problem(answer, 503, "webhook_undecided")
    assert asked.asked == ["CONNECT api.paypal.com:443 HTTP/1.1"]
    assert await owner.fetchval("SELECT count(*) FROM webhook_event WHERE id = $1", json.loads(body)["id"]) == 0


async def test_a_forgery_moves_no_payment(
    payment_client: PaymentClient,
    client: httpx.AsyncClient,
    owner: asyncpg.Connection,
    asked: RecordingProxy,
    stand_in: PayPalStandIn,
) -> None:
    begun = await payment_client.begin()
    due = (await payment_client.payment(begun))["due_at"]
    body = event("CHECKOUT.ORDER.APPROVED", {"id": begun.order})
    headers = httpx.Headers(stand_in.signer.headers(body, "0EH40505U7160970P"))
    assert await refuse(client, owner, asked, headers, body) == "signature"
    assert (await payment_client.payment(begun))["due_at"] == due
    assert (await client.post(WEBHOOKS, headers=signed(stand_in, body), content=body)).status_code == 204
    assert (await payment_client.payment(begun))["due_at"] < due
