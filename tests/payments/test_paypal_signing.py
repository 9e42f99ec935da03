"""The stand-in signs its webhooks as PayPal does, and only the API of the same sandbox accepts them."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from httpx import AsyncClient

from app.domain.payments.paypal.certificate_chain import public_roots
from app.domain.payments.paypal.certificates import Certificates, is_paypal_url, read_seeded
from app.domain.payments.paypal.webhook_errors import WebhookForgedError, WebhookUndecidedError
from app.domain.payments.paypal.webhook_signature import WebhookVerifier, read_transmission
from app.sandbox.paypal.signing import RENEWED_BEFORE, SIGNER, WebhookSigner
from tests.support.paypal.certificate_authority import DAY, NOW, issue, root

WEBHOOK = "1JE4291016473214C"
BODY = b'{"id":"WH-1"}'


@pytest_asyncio.fixture
async def offline() -> AsyncIterator[AsyncClient]:
    """A client that can reach no host."""
    async with AsyncClient(proxy="http://127.0.0.1:1", trust_env=False) as http:
        yield http


async def verify(http: AsyncClient, signer: WebhookSigner, seeded: Path) -> None:
    """Verify a webhook of the signer as an API with the certificates of `seeded`."""
    certificates = Certificates(http, public_roots(), read_seeded(seeded))
    await WebhookVerifier(WEBHOOK, certificates).verify(signer.headers(BODY, WEBHOOK), BODY)


async def test_its_own_api_accepts_its_webhooks(offline: AsyncClient, tmp_path: Path) -> None:
    signer = WebhookSigner(tmp_path)
    await verify(offline, signer, signer.certificates)


async def test_the_api_of_another_sandbox_rejects_them(offline: AsyncClient, tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    ours, theirs = WebhookSigner(tmp_path / "ours"), WebhookSigner(tmp_path / "theirs")
    with pytest.raises(WebhookUndecidedError):  # the download of the certificate from PayPal fails
        await verify(offline, ours, theirs.certificates)
    theirs.certificate_url = ours.certificate_url
    with pytest.raises(WebhookForgedError, match="signature"):
        await verify(offline, theirs, ours.certificates)


async def test_the_key_is_the_same_after_a_restart(offline: AsyncClient, tmp_path: Path) -> None:
    before, after = WebhookSigner(tmp_path), WebhookSigner(tmp_path)
    assert after.certificate_url == before.certificate_url
    await verify(offline, before, after.certificates)


def test_each_transmission_has_its_own_id(tmp_path: Path) -> None:
    signer = WebhookSigner(tmp_path)
    first, second = (read_transmission(signer.headers(BODY, WEBHOOK)) for _ in range(2))
    assert first.id != second.id
    assert is_paypal_url(first.certificate_url)


def test_its_files_are_private(tmp_path: Path) -> None:
    WebhookSigner(tmp_path)
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == {"paypal-signing.pem": 0o600, "paypal-certificates.json": 0o600}


@pytest.mark.parametrize(("left", "is_kept"), [(RENEWED_BEFORE + DAY, True), (RENEWED_BEFORE - DAY, False)])
async def test_a_certificate_is_renewed_in_time(
    offline: AsyncClient, tmp_path: Path, left: timedelta, is_kept: bool
) -> None:
    authority = root()
    old = issue(authority, SIGNER, ends=NOW + left)
    (tmp_path / "paypal-signing.pem").write_bytes(old.key_pem + old.pem + authority.pem)
    signer = WebhookSigner(tmp_path)
    seeded = read_seeded(signer.certificates)[signer.certificate_url]
    assert (seeded.chain.encode() == old.pem) is is_kept
    await verify(offline, signer, signer.certificates)


@pytest.mark.parametrize("content", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"])
async def test_a_damaged_key_is_replaced(offline: AsyncClient, tmp_path: Path, content: str) -> None:
    (tmp_path / "paypal-signing.pem").write_text(content)
    signer = WebhookSigner(tmp_path)
    await verify(offline, signer, signer.certificates)


CHAIN = issue(root()).pem.decode()
ROOT = root().pem.decode()
URL = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1"


@pytest.mark.parametrize(
    "content",
    [
        {"https://paypal.com.evil.example/cert": {"chain": CHAIN, "root": ROOT}},
        {"http://api.paypal.com/cert": {"chain": CHAIN, "root": ROOT}},
        {"http://127.0.0.1:8001/cert": {"chain": CHAIN, "root": ROOT}},
        {URL: {"chain": CHAIN, "root": ""}},
        {URL: {"chain": CHAIN}},
        {URL: {"chain": CHAIN, "root": ROOT, "insecure": True}},
        {URL: CHAIN},
        [],
    ],
)
def test_an_invalid_certificate_file_is_refused(tmp_path: Path, content: object) -> None:
    (tmp_path / "right.json").write_text(json.dumps({URL: {"chain": CHAIN, "root": ROOT}}))
    (tmp_path / "wrong.json").write_text(json.dumps(content))
    assert read_seeded(tmp_path / "right.json")
    with pytest.raises(ValueError, match=r"URL|root|object|field|empty|Expected"):
        read_seeded(tmp_path / "wrong.json")
