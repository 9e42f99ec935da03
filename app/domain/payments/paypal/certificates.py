"""The certificates of PayPal's webhooks: fetched from PayPal alone, checked, and remembered."""

import asyncio
import re
from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeVar
from weakref import WeakValueDictionary

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.verification import Store

from app.domain.payments.paypal.certificate_chain import SigningKey, signing_key, trusted_roots
from app.domain.payments.paypal.webhook_errors import WebhookForgedError, WebhookUndecidedError

# So strict that no two parsers can differ about the host: no userinfo, capitals, escapes, backslashes or final dot.
# Labels end at 63 characters, beyond which Python's resolver raises UnicodeError.
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
PAYPAL_URL = re.compile(rf"https://(?:{_LABEL}\.){{0,3}}paypal\.com(?::443)?/[A-Za-z0-9._~/-]*")

FETCH_TIMEOUT_SECONDS = 10  # for all of it: waiting for others, connecting, and the last byte
MAX_CONCURRENT_FETCHES = 4
MAX_CHAIN_BYTES = 64 * 1024  # bytes
MAX_CACHED_KEYS = 16
MAX_CACHED_FAILURES = 256
KEY_LIFETIME = timedelta(days=1)  # then PayPal is asked again: it may have withdrawn the certificate
FAILURE_LIFETIME = timedelta(seconds=10)
TRANSIENT_STATUSES = frozenset({408, 425, 429})  # answers that another time may be others, as all of 500 and more


Cached = TypeVar("Cached")


class SeededCertificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands at a URL, so that it is not fetched: a PEM chain, and the one root (PEM) that is trusted for it."""

    chain: str
    root: str


class _Failure(NamedTuple):
    error: WebhookForgedError | WebhookUndecidedError
    until: datetime


def is_paypal_url(url: str) -> bool:
    """Whether a certificate may be fetched from `url`: https, paypal.com or a host below it, port 443, and no more."""
    return PAYPAL_URL.fullmatch(url) is not None


def read_seeded(path: Path) -> dict[str, SeededCertificate]:
    """Read a file of seeded certificates, `{url: {"chain": PEM, "root": PEM}}`.

    Raises OSError, or ValueError if it is malformed, lacks a root or has a URL that is none of PayPal's.
    """
    try:
        seeded = msgspec.json.decode(path.read_bytes(), type=dict[str, SeededCertificate])
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
    for url, certificate in seeded.items():
        if not is_paypal_url(url):
            raise ValueError(f"{url} is no URL of PayPal's")
        trusted_roots(certificate.root.encode())
    return seeded


class Certificates:
    """The keys at certificate URLs. `http` should carry no credentials; it needs to follow no redirects."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        roots: Store,
        seeded: Mapping[str, SeededCertificate] = MappingProxyType({}),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._http = http
        self._roots = roots
        self._seeded = seeded
        self._clock = clock
        self._keys: dict[str, SigningKey] = {}
        self._failures: dict[str, _Failure] = {}
        self._fetching = asyncio.Semaphore(MAX_CONCURRENT_FETCHES)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def key(self, url: str) -> RSAPublicKey:
        """Return the key of the certificate at `url`, fetched at most once by all who ask at the same time.

        Raises WebhookForgedError, for a URL that is none of PayPal's before anything is sent anywhere, or
        WebhookUndecidedError.
        """
        if not is_paypal_url(url):
            raise WebhookForgedError("certificate_url")
        lock = self._locks.setdefault(url, asyncio.Lock())
        async with lock:
            known = self._cached(url) or await self._load(url)
        return known.public

    def _cached(self, url: str) -> SigningKey | None:
        now = self._clock()
        failure = self._failures.get(url)
        if failure and now < failure.until:
            raise copy(failure.error)  # a copy, as each raise adds to an exception's traceback
        known = self._keys.get(url)
        return known if known and now < known.valid_until else None

    async def _load(self, url: str) -> SigningKey:
        try:
            found = await self._resolve(url)
        except (WebhookForgedError, WebhookUndecidedError) as error:
            _cache(self._failures, url, _Failure(copy(error), self._clock() + FAILURE_LIFETIME), MAX_CACHED_FAILURES)
            raise
        fresh = found._replace(valid_until=min(found.valid_until, self._clock() + KEY_LIFETIME))
        _cache(self._keys, url, fresh, MAX_CACHED_KEYS)
        return fresh

    async def _resolve(self, url: str) -> SigningKey:
        if seeded := self._seeded.get(url):
            return signing_key(seeded.chain.encode(), trusted_roots(seeded.root.encode()), self._clock())
        return signing_key(await self._fetch(url), self._roots, self._clock())

    async def _fetch(self, url: str) -> bytes:
        request = self._http.build_request("GET", url, headers={"Accept-Encoding": "identity"})  # else it may inflate
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_SECONDS), self._fetching:
                answer = await self._http.send(request, stream=True, auth=None, follow_redirects=False)
                try:
                    return await _content(answer)
                finally:
                    await answer.aclose()
        except (httpx.HTTPError, TimeoutError) as error:
            raise WebhookUndecidedError(f"the certificate cannot be had: {type(error).__name__}") from error


async def _content(answer: httpx.Response) -> bytes:
    if answer.status_code in TRANSIENT_STATUSES or answer.status_code >= 500:
        raise WebhookUndecidedError(f"the certificate cannot be had: {answer.status_code}")
    if answer.status_code != 200:
        raise WebhookForgedError("certificate_unavailable")
    content = b""
    async for part in answer.aiter_raw():
        content += part
        if len(content) > MAX_CHAIN_BYTES:
            raise WebhookForgedError("certificate_too_large")
    return content


def _cache(kept: dict[str, Cached], url: str, value: Cached, most: int) -> None:
    """Keep the last `most` values: strangers choose the URLs."""
    kept.pop(url, None)
    if len(kept) >= most:
        del kept[next(iter(kept))]
    kept[url] = value
