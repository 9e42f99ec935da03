"""Each certificate is fetched once and cached."""

import asyncio
from datetime import timedelta

import pytest

from app.domain.payments.paypal import certificates as module
from app.domain.payments.paypal.certificates import FAILURE_LIFETIME, KEY_LIFETIME, MAX_CACHED_KEYS
from app.domain.payments.paypal.webhook_errors import WebhookForgedError
from tests.support.paypal.certificate_authority import DAY, NOW, issue
from tests.support.paypal.certificate_store import HOST, PATH, SIGNER, TRUSTED_ROOT, URL, Clock, certificates
from tests.support.paypal.fake_internet import FakeInternet, response


async def test_concurrent_requests_fetch_a_certificate_once(internet: FakeInternet) -> None:
    internet.answers[PATH] = response(SIGNER.pem)
    store = certificates(internet)
    keys = await asyncio.gather(*(store.key(URL) for _ in range(20)))
    keys.append(await store.key(URL))
    assert keys == [SIGNER.key.public_key()] * 21
    assert internet.asked == [HOST]


async def test_concurrent_requests_share_a_failure(internet: FakeInternet) -> None:
    store = certificates(internet)
    outcomes = await asyncio.gather(*(store.key(URL) for _ in range(20)), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["certificate_unavailable"] * 20
    assert internet.asked == [HOST]


async def test_a_canceled_request_does_not_cancel_the_fetch_of_others(internet: FakeInternet) -> None:
    reached = asyncio.Event()

    async def answer(writer: asyncio.StreamWriter) -> None:
        reached.set()
        await asyncio.sleep(0.1)
        writer.write(response(SIGNER.pem))

    internet.answers[PATH] = answer
    store = certificates(internet)
    first, second = (asyncio.create_task(store.key(URL)) for _ in range(2))
    await reached.wait()
    first.cancel()
    assert await second == SIGNER.key.public_key()


async def test_a_failure_is_cached_briefly(internet: FakeInternet) -> None:
    clock = Clock()
    store = certificates(internet, clock)
    for _ in range(3):
        with pytest.raises(WebhookForgedError, match="certificate_unavailable"):
            await store.key(URL)
        internet.answers[PATH] = response(SIGNER.pem)
    assert internet.asked == [HOST]
    clock.wait(FAILURE_LIFETIME)
    assert await store.key(URL) == SIGNER.key.public_key()


async def test_a_key_is_fetched_again_after_a_day(internet: FakeInternet) -> None:
    internet.answers[PATH] = response(SIGNER.pem)
    clock = Clock()
    store = certificates(internet, clock)
    await store.key(URL)
    clock.wait(KEY_LIFETIME - timedelta(seconds=1))
    await store.key(URL)
    assert internet.asked == [HOST]
    clock.wait(timedelta(seconds=1))
    await store.key(URL)
    assert internet.asked == [HOST] * 2


async def test_a_key_is_dropped_when_its_certificate_expires(internet: FakeInternet) -> None:
    internet.answers[PATH] = response(issue(TRUSTED_ROOT, ends=NOW + DAY / 2).pem)
    clock = Clock()
    store = certificates(internet, clock)
    await store.key(URL)
    clock.wait(DAY / 2 + timedelta(seconds=1))
    with pytest.raises(WebhookForgedError, match="certificate_expired"):
        await store.key(URL)
    internet.answers[PATH] = response(issue(TRUSTED_ROOT, ends=NOW + 5 * DAY).pem)
    clock.wait(FAILURE_LIFETIME)
    assert await store.key(URL) == SIGNER.key.public_key()


async def test_the_number_of_cached_keys_is_limited(internet: FakeInternet) -> None:
    paths = [f"{PATH}{number}" for number in range(MAX_CACHED_KEYS + 1)]
    internet.answers |= dict.fromkeys(paths, response(SIGNER.pem))
    store = certificates(internet)
    for path in (*paths, paths[-1], paths[1], paths[0]):
        await store.key(f"https://api.paypal.com{path}")
    assert len(internet.asked) == MAX_CACHED_KEYS + 2  # only the first was evicted


async def test_the_number_of_cached_failures_is_limited(
    internet: FakeInternet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_CACHED_FAILURES", 16)  # filling the real cache takes many seconds
    urls = [f"{URL}{number}" for number in range(17)]
    store = certificates(internet)
    for url in (*urls, urls[-1], urls[1], urls[0]):
        with pytest.raises(WebhookForgedError, match="certificate_unavailable"):
            await store.key(url)
    assert len(internet.asked) == 16 + 2
