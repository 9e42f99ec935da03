"""Certificates are fetched from PayPal alone, and no more is read than one needs."""

import asyncio
import gzip
from collections.abc import Callable

import pytest

from app.domain.payments.paypal import certificates as module
from app.domain.payments.paypal.certificates import FAILURE_LIFETIME
from app.domain.payments.paypal.webhook_errors import WebhookForgedError, WebhookUndecidedError
from tests.support.paypal.certificate_authority import FORGED_CHAINS, Issued
from tests.support.paypal.certificate_store import HOST, PATH, SIGNER, TRUSTED_ROOT, URL, Clock, Online, certificates
from tests.support.paypal.fake_internet import Answer, endless_body, response
from tests.support.paypal.forged_urls import FORGED_URLS


@pytest.mark.parametrize("url", FORGED_URLS.values(), ids=FORGED_URLS)
async def test_nothing_is_sent_for_a_url_that_is_not_paypals(fake_internet: Online, url: str) -> None:
    internet, http = fake_internet
    with pytest.raises(WebhookForgedError, match=r"^certificate_url$"):
        await certificates(http).key(url)
    assert internet.asked == []


async def test_something_sent_elsewhere_would_have_been_seen(fake_internet: Online) -> None:
    internet, http = fake_internet
    await http.get("https://evil.example/")
    await http.get("http://evil.example/")
    assert internet.asked == ["evil.example:443", "http://evil.example/"]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
@pytest.mark.parametrize("target", ["https://evil.example/", f"https://other.paypal.com{PATH}"])
async def test_redirects_are_not_followed(fake_internet: Online, status: str, target: str) -> None:
    internet, http = fake_internet
    internet.answers[PATH] = response(SIGNER.pem, status, f"Location: {target}")
    with pytest.raises(WebhookForgedError, match="certificate_unavailable"):
        await certificates(http).key(URL)
    assert internet.asked == [HOST]


@pytest.mark.parametrize("status", ["201 Created", "204 No Content", "400 Bad Request", "401 Unauthorized", "410 Gone"])
async def test_no_certificate_there(fake_internet: Online, status: str) -> None:
    internet, http = fake_internet
    internet.answers[PATH] = response(SIGNER.pem if "204" not in status else b"", status)
    with pytest.raises(WebhookForgedError, match="certificate_unavailable"):
        await certificates(http).key(URL)


@pytest.mark.parametrize(("forge", "reason"), FORGED_CHAINS.values(), ids=FORGED_CHAINS)
async def test_forged_chains_are_refused_even_from_paypals_host(
    fake_internet: Online, forge: Callable[[Issued], bytes], reason: str
) -> None:
    internet, http = fake_internet
    internet.answers[PATH] = response(forge(TRUSTED_ROOT))
    with pytest.raises(WebhookForgedError) as refused:
        await certificates(http).key(URL)
    assert refused.value.reason == reason


async def test_an_endless_body_is_not_read_to_its_end(fake_internet: Online) -> None:
    internet, http = fake_internet
    internet.answers[PATH] = endless_body(SIGNER.pem)
    with pytest.raises(WebhookForgedError, match="certificate_too_large"):
        await certificates(http).key(URL)


async def test_a_body_is_not_inflated(fake_internet: Online) -> None:
    internet, http = fake_internet
    internet.answers[PATH] = response(gzip.compress(SIGNER.pem), "200 OK", "Content-Encoding: gzip")
    with pytest.raises(WebhookForgedError, match="certificate_malformed"):
        await certificates(http).key(URL)


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
async def test_trouble_that_passes_decides_nothing(
    fake_internet: Online, monkeypatch: pytest.MonkeyPatch, answer: bytes | Answer
) -> None:
    monkeypatch.setattr(module, "FETCH_TIMEOUT_SECONDS", 1)
    internet, http = fake_internet
    internet.answers[PATH] = answer
    clock = Clock()
    store = certificates(http, clock)
    with pytest.raises(WebhookUndecidedError):
        await store.key(URL)
    clock.wait(FAILURE_LIFETIME)
    internet.answers[PATH] = response(SIGNER.pem)
    monkeypatch.setattr(module, "FETCH_TIMEOUT_SECONDS", 60)
    assert await store.key(URL) == SIGNER.key.public_key()


async def test_a_host_that_is_not_who_it_says_decides_nothing(fake_internet: Online) -> None:
    internet, http = fake_internet
    internet.answers[PATH] = response(SIGNER.pem)
    with pytest.raises(WebhookUndecidedError):  # the server's certificate is not for this host
        await certificates(http).key(f"https://a.b.paypal.com{PATH}")
    assert internet.requests == []


async def test_nobody_there(fake_internet: Online) -> None:
    internet, http = fake_internet
    internet.port = 1
    with pytest.raises(WebhookUndecidedError):
        await certificates(http).key(URL)


async def test_no_more_than_a_few_are_fetched_at_once(fake_internet: Online) -> None:
    internet, http = fake_internet
    go_on = asyncio.Event()

    async def answer(writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(response(SIGNER.pem))

    paths = [f"{PATH}{number}" for number in range(12)]
    internet.answers |= dict.fromkeys(paths, answer)
    store = certificates(http)
    keys = asyncio.gather(*(store.key(f"https://api.paypal.com{path}") for path in paths))
    while internet.at_once < module.MAX_CONCURRENT_FETCHES:  # noqa: ASYNC110  the server's own count is what matters
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)  # for one more to come, were it let through
    assert internet.at_once == module.MAX_CONCURRENT_FETCHES
    go_on.set()
    assert len(await keys) == 12


async def test_paypal_is_sent_no_credentials(fake_internet: Online) -> None:
    internet, http = fake_internet
    internet.answers[PATH] = response(SIGNER.pem)
    await certificates(http).key(URL)
    assert b"authorization" not in internet.requests[0].lower()
