"""Forged and altered webhooks are refused, not stored, and cause no request to other servers."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from asyncpg import Connection
from msgspec.structs import replace
from structlog.testing import capture_logs

from app.sandbox.paypal.server import PayPalStandIn
from app.settings import Settings
from tests.payments.test_webhook_signature import signed as signed_by_an_impostor
from tests.support.http.answers import assert_problem
from tests.support.http.recording_proxy import RecordingProxy, recording_proxy
from tests.support.paypal.certificate_authority import FORGED_CHAINS, root
from tests.support.paypal.forged_urls import FORGED_URLS
from tests.support.paypal.payment_client import BegunPayment, PaymentClient
from tests.support.paypal.webhook_events import ALGORITHM, CERTIFICATE_URL, SIGNATURE, event

WEBHOOKS = "/api/payments/webhooks/paypal/"
TRUSTED = root()
# The URL of each forged chain, from which the API reads certificates.
PLACES = {name: f"https://api.paypal.com/v1/notifications/certs/FORGED-{n}" for n, name in enumerate(FORGED_CHAINS)}

Headers = dict[str, str]
Forge = Callable[[PayPalStandIn, bytes], tuple[Headers, bytes]]
Refusal = Callable[[Headers | httpx.Headers, bytes], Awaitable[str]]


@pytest_asyncio.fixture(scope="module")
async def asked() -> AsyncIterator[RecordingProxy]:
    """Records the requests of this module's API to other machines."""
    async with recording_proxy() as asked:
        yield asked


@pytest.fixture(scope="module")
def settings(
    settings: Settings, stand_in: PayPalStandIn, asked: RecordingProxy, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """The settings of an API that can load the forged certificates."""
    del asked  # the proxy has to exist before the API
    known = json.loads(stand_in.signer.certificates.read_text())
    for name, (make, _) in FORGED_CHAINS.items():
        known[PLACES[name]] = {"chain": make(TRUSTED).decode(), "root": TRUSTED.pem.decode()}
    file: Path = tmp_path_factory.mktemp("certificates") / "certificates.json"
    file.write_text(json.dumps(known))
    return replace(settings, paypal_certificates=str(file))


def signed(stand_in: PayPalStandIn, body: bytes) -> Headers:
    return stand_in.signer.headers(body, stand_in.webhook_id)


@pytest.fixture
def refusal(client: httpx.AsyncClient, owner: Connection, asked: RecordingProxy) -> Refusal:
    """Checks that a webhook is refused and has no effect but a log line; returns the reason in it."""

    async def refusal(headers: Headers | httpx.Headers, body: bytes) -> str:
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

    return refusal


def with_header(name: str, value: str) -> Forge:
    return lambda stand_in, body: (signed(stand_in, body) | {name: value}, body)


def with_body(alter: Callable[[bytes], bytes]) -> Forge:
    """Return the forgery with another body under the same signature."""
    return lambda stand_in, body: (signed(stand_in, body), alter(body))


FORGERIES: dict[str, dict[str, Forge]] = {  # by the reason of the refusal
    "signature": {
        "another amount": with_body(lambda body: body.replace(b"100.00", b"900.00")),
        "a byte more": with_body(lambda body: body + b"\n"),
        "a byte less": with_body(lambda body: body[:-1]),
        "JSON written anew": with_body(lambda body: json.dumps(json.loads(body)).encode()),
        "no body": with_body(lambda _: b""),
        "for another webhook": lambda stand_in, body: (stand_in.signer.headers(body, "0EH40505U7160970P"), body),
        "of another transmission": with_header("PAYPAL-TRANSMISSION-ID", "69cd13f0-d67a-11e5-baa3-778b53f4ae55"),
        "of another time": with_header("PAYPAL-TRANSMISSION-TIME", "2016-02-18T20:01:35Z"),
        "another signature": with_header(SIGNATURE, "A" * 342 + "=="),
        "a short signature": with_header(SIGNATURE, "AAAA"),
    },
    "header_malformed": {
        "no signature": with_header(SIGNATURE, ""),
        "a signature that is no base 64": with_header(SIGNATURE, "=AAA"),
    },
    "algorithm": {
        f"the algorithm {name}": with_header(ALGORITHM, name)
        for name in ("SHA1withRSA", "SHA512withRSA", "sha256withrsa", "none", "HS256")
    },
}


@pytest.mark.parametrize(
    ("reason", "forge"),
    [pytest.param(reason, forge, id=name) for reason, found in FORGERIES.items() for name, forge in found.items()],
)
async def test_a_forgery(refusal: Refusal, stand_in: PayPalStandIn, reason: str, forge: Forge) -> None:
    assert await refusal(*forge(stand_in, event())) == reason


# the URLs that are valid in an HTTP header
@pytest.mark.parametrize(
    "url", [url for url in FORGED_URLS.values() if url.isascii() and url.isprintable() and url == url.strip()]
)
async def test_a_certificate_on_another_server(refusal: Refusal, stand_in: PayPalStandIn, url: str) -> None:
    body = event()
    headers = signed(stand_in, body) | {CERTIFICATE_URL: url}
    assert await refusal(headers, body) in {"certificate_url", "header_malformed"}


@pytest.mark.parametrize("name", FORGED_CHAINS)
async def test_a_forged_certificate(refusal: Refusal, stand_in: PayPalStandIn, name: str) -> None:
    body = event()
    headers = signed_by_an_impostor(body, webhook=stand_in.webhook_id) | {CERTIFICATE_URL: PLACES[name]}
    assert await refusal(headers, body) == FORGED_CHAINS[name][1]


async def test_another_key_under_paypals_url(refusal: Refusal, stand_in: PayPalStandIn) -> None:
    body, url = event(), stand_in.signer.certificate_url
    headers = signed_by_an_impostor(body, webhook=stand_in.webhook_id) | {CERTIFICATE_URL: url}
    assert await refusal(headers, body) == "signature"


async def test_a_missing_or_repeated_header(refusal: Refusal, stand_in: PayPalStandIn) -> None:
    body = event()
    headers = signed(stand_in, body)
    for name in set(headers) - {"PAYPAL-AUTH-VERSION"}:
        without = httpx.Headers({other: value for other, value in headers.items() if other != name})
        assert await refusal(without, body) == "header_missing"
        twice = httpx.Headers([*headers.items(), (name, headers[name])])
        assert await refusal(twice, body) == "header_repeated"
    assert await refusal(httpx.Headers(), body) == "header_missing"


async def test_a_genuine_certificate_is_loaded_from_paypal(
    client: httpx.AsyncClient, owner: Connection, asked: RecordingProxy, stand_in: PayPalStandIn
) -> None:
    """Shows that the other tests would record such a request."""
    body = event()
    url = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270"
    answer = await client.post(WEBHOOKS, headers=signed(stand_in, body) | {CERTIFICATE_URL: url}, content=body)
    assert_problem(answer, 503, "webhook_undecided")
    assert asked.asked == ["CONNECT api.paypal.com:443 HTTP/1.1"]
    assert await owner.fetchval("SELECT count(*) FROM webhook_event WHERE id = $1", json.loads(body)["id"]) == 0


async def test_a_forgery_changes_no_payment(
    refusal: Refusal, payment_client: PaymentClient, stand_in: PayPalStandIn, begun: BegunPayment
) -> None:
    due = (await payment_client.payment(begun))["due_at"]
    body = event("CHECKOUT.ORDER.APPROVED", {"id": begun.order})
    headers = stand_in.signer.headers(body, "0EH40505U7160970P")
    assert await refusal(headers, body) == "signature"
    assert (await payment_client.payment(begun))["due_at"] == due
    genuine = await payment_client.client.post(WEBHOOKS, headers=signed(stand_in, body), content=body)
    assert genuine.status_code == 204
    assert (await payment_client.payment(begun))["due_at"] < due
