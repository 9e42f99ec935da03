"""Certificates are downloaded from PayPal only, and their size is limited."""

import asyncio
import gzip
from collections.abc import Callable

import pytest

from app.domain.payments.paypal import certificates as module
from app.domain.payments.paypal.certificates import FAILURE_LIFETIME
from app.domain.payments.paypal.webhook_errors import WebhookForgedError, WebhookUndecidedError
from tests.support.paypal.certificate_authority import FORGED_CHAINS, Issued
from tests.support.paypal.certificate_store import HOST, PATH, SIGNER, TRUSTED_ROOT, URL, Clock, certificates
from tests.support.paypal.fake_internet import Answer, FakeInternet, endless_body, response
from tests.support.paypal.forged_urls import FORGED_URLS


@pytest.mark.parametrize("url", FORGED_URLS.values(), ids=FORGED_URLS)
async def test_a_url_outside_paypal_is_refused_without_a_request(internet: FakeInternet, url: str) -> None:
    with pytest.raises(WebhookForgedError, match=r"^certificate_url$"):
        await certificates(internet).key(url)
    assert internet.asked == []


async def test_the_fake_internet_records_requests_to_other_hosts(internet: FakeInternet) -> None:
    await internet.client.get("https://evil.example/")
    await internet.client.get("http://evil.example/")
    assert internet.asked == ["evil.example:443", "http://evil.example/"]


REFUSED: dict[str, tuple[bytes | Answer, str]] = {
    "an endless body": (endless_body(SIGNER.pem), "certificate_too_large"),
    "a compressed body": (
        response(gzip.compress(SIGNER.pem), "200 OK", "Content-Encoding: gzip"),
        "certificate_malformed",
    ),
    "204 No Content": (response(b"", "204 No Content"), "certificate_unavailable"),
}
for status in ("201 Created", "400 Bad Request", "401 Unauthorized", "410 Gone"):
    REFUSED[status] = (response(SIGNER.pem, status), "certificate_unavailable")
for target in ("https://evil.example/", f"https://other.paypal.com{PATH}"):
    for status in ("301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"):
        redirect = response(SIGNER.pem, status, f"Location: {target}")
        REFUSED[f"{target}-{status}"] = (redirect, "certificate_unavailable")


@pytest.mark.parametrize(("answer", "reason"), REFUSED.values(), ids=REFUSED)
async def test_only_a_certificate_is_taken_and_no_redirect_followed(
    internet: FakeInternet, answer: bytes | Answer, reason: str
) -> None:
    internet.answers[PATH] = answer
    with pytest.raises(WebhookForgedError, match=reason):
        await certificates(internet).key(URL)
    assert internet.asked == [HOST]


@pytest.mark.parametrize(("forge", "reason"), FORGED_CHAINS.values(), ids=FORGED_CHAINS)
async def test_forged_chains_are_refused_even_from_paypals_host(
    internet: FakeInternet, forge: Callable[[Issued], bytes], reason: str
) -> None:
    internet.answers[PATH] = response(forge(TRUSTED_ROOT))
    with pytest.raises(WebhookForgedError) as refused:
        await certificates(internet).key(URL)
    assert refused.value.reason == reason


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def _cut_short(writer: asyncio.StreamWriter) -> None:
    writer.write(response(SIGNER.pem)[:-10])


@pytest.mark.parametrize(
    "answer",
    [
        response(b"", "500 Internal Server Error"),
        response(b"", "503 Service Unavailable"),
        response(b"", "429 Too Many Requests"),
        b"nonsense\r\n\r\n",
        _hang_up,
        _cut_short,
        endless_body(b"-", pause=0.05),
    ],
    ids=["500", "503", "429", "nonsense", "hangs up", "cut short", "a byte at a time"],
)
async def test_a_temporary_failure_leaves_the_webhook_undecided(
    internet: FakeInternet, monkeypatch: pytest.MonkeyPatch, answer: bytes | Answer
) -> None:
    monkeypatch.setattr(module, "FETCH_TIMEOUT_SECONDS", 1)
    internet.answers[PATH] = answer
    clock = Clock()
    store = certificates(internet, clock)
    with pytest.raises(WebhookUndecidedError):
        await store.key(URL)
    clock.wait(FAILURE_LIFETIME)
    internet.answers[PATH] = response(SIGNER.pem)
    monkeypatch.setattr(module, "FETCH_TIMEOUT_SECONDS", 60)
    assert await store.key(URL) == SIGNER.key.public_key()


async def test_a_tls_certificate_for_another_host_leaves_the_webhook_undecided(internet: FakeInternet) -> None:
    internet.answers[PATH] = response(SIGNER.pem)
    with pytest.raises(WebhookUndecidedError):  # the server's certificate names another host
        await certificates(internet).key(f"https://a.b.paypal.com{PATH}")
    assert internet.requests == []


async def test_an_unreachable_host_leaves_the_webhook_undecided(internet: FakeInternet) -> None:
    internet.port = 1
    with pytest.raises(WebhookUndecidedError):
        await certificates(internet).key(URL)


async def test_concurrent_fetches_are_limited(internet: FakeInternet) -> None:
    go_on = asyncio.Event()

    async def answer(writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(response(SIGNER.pem))

    paths = [f"{PATH}{number}" for number in range(12)]
    internet.answers |= dict.fromkeys(paths, answer)
    store = certificates(internet)
    keys = asyncio.gather(*(store.key(f"https://api.paypal.com{path}") for path in paths))
    while internet.at_once < module.MAX_CONCURRENT_FETCHES:  # noqa: ASYNC110  the server's own count is what matters
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)  # time for one more request to come, which it must not
    assert internet.at_once == module.MAX_CONCURRENT_FETCHES
    go_on.set()
    assert len(await keys) == 12


async def test_paypal_is_sent_no_credentials(internet: FakeInternet) -> None:
    internet.answers[PATH] = response(SIGNER.pem)
    await certificates(internet).key(URL)
    assert b"authorization" not in internet.requests[0].lower()
