"""The certificates of PayPal's webhooks: fetched only from PayPal, verified, and cached."""

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

# Strict, so that all URL parsers agree on the host: no userinfo, capitals, escapes, backslashes or final dot.
# Labels have at most 63 characters; Python's resolver raises UnicodeError for longer ones.
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
PAYPAL_URL = re.compile(rf"https://(?:{_LABEL}\.){{0,3}}paypal\.com(?::443)?/[A-Za-z0-9._~/-]*")

FETCH_TIMEOUT_SECONDS = 10  # from waiting for other fetches to the last byte
MAX_CONCURRENT_FETCHES = 4
MAX_CHAIN_BYTES = 64 * 1024
MAX_CACHED_KEYS = 16
MAX_CACHED_FAILURES = 256
KEY_LIFETIME = timedelta(days=1)  # then the certificate is fetched again: PayPal may have withdrawn it
FAILURE_LIFETIME = timedelta(seconds=10)
TRANSIENT_STATUSES = frozenset({408, 425, 429})  # a retry may succeed, as for 500 and above


Cached = TypeVar("Cached")


class SeededCertificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A configured certificate that is not fetched: a PEM chain, and the only root (PEM) that is trusted for it."""

    chain: str
    root: str


class _Failure(NamedTuple):
    error: WebhookForgedError | WebhookUndecidedError
    until: datetime


def is_paypal_url(url: str) -> bool:
    """Whether a certificate may be fetched from `url`: https, paypal.com or a subdomain, port 443, and only a path."""
    return PAYPAL_URL.fullmatch(url) is not None


def read_seeded(path: Path) -> dict[str, SeededCertificate]:
    """Read a file of seeded certificates, `{url: {"chain": PEM, "root": PEM}}`.

    Raises OSError, or ValueError if the file is malformed, lacks a root or contains a URL outside paypal.com.
    """
    try:
        seeded = msgspec.json.decode(path.read_bytes(), type=dict[str, SeededCertificate])
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
    for url, certificate in seeded.items():
        if not is_paypal_url(url):
            raise ValueError(f"{url} is not a PayPal URL")
        trusted_roots(certificate.root.encode())
    return seeded


class Certificates:
    """The keys at certificate URLs. `http` should not have credentials and does not need to follow redirects."""

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
        """Return the key of the certificate at `url`. Concurrent calls share one fetch.

        Raises WebhookForgedError (for a URL outside paypal.com without any request) or WebhookUndecidedError.
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
            raise copy(failure.error)  # each raise extends the exception's traceback
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
        request = self._http.build_request("GET", url, headers={"Accept-Encoding": "identity"})  # no decompression
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_SECONDS), self._fetching:
                answer = await self._http.send(request, stream=True, auth=None, follow_redirects=False)
                try:
                    return await _content(answer)
                finally:
                    await answer.aclose()
        except (httpx.HTTPError, TimeoutError) as error:
            raise WebhookUndecidedError(f"the certificate cannot be fetched: {type(error).__name__}") from error


async def _content(answer: httpx.Response) -> bytes:
    if answer.status_code in TRANSIENT_STATUSES or answer.status_code >= 500:
        raise WebhookUndecidedError(f"the certificate cannot be fetched: {answer.status_code}")
    if answer.status_code != 200:
        raise WebhookForgedError("certificate_unavailable")
    content = b""
    async for part in answer.aiter_raw():
        content += part
        if len(content) > MAX_CHAIN_BYTES:
            raise WebhookForgedError("certificate_too_large")
    return content


def _cache(kept: dict[str, Cached], url: str, value: Cached, most: int) -> None:
    """Cache the value, and keep only the last `most` values: attackers can choose the URLs."""
    kept.pop(url, None)
    if len(kept) >= most:
        del kept[next(iter(kept))]
    kept[url] = value
