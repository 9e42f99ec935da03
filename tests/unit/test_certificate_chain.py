"""Which certificates may sign PayPal's webhooks."""

import base64
from collections.abc import Callable
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from app.domain.payments.paypal.certificate_chain import SigningKey, public_roots, signing_key, trusted_roots
from app.domain.payments.paypal.webhook_errors import WebhookForgedError
from tests.support.paypal.certificate_authority import (
    DAY,
    FORGED_CHAINS,
    NOW,
    SANDBOX_SIGNER,
    Issued,
    authority,
    issue,
    root,
)

TRUSTED = root()


def key_of(chain: bytes, now: datetime = NOW) -> SigningKey:
    """Verify a chain against the one trusted root."""
    return signing_key(chain, trusted_roots(TRUSTED.pem), now)


@pytest.mark.parametrize("name", [None, SANDBOX_SIGNER])
def test_a_certificate_of_paypals_signer(name: str | None) -> None:
    signer = issue(TRUSTED, name) if name else issue(TRUSTED)
    assert key_of(signer.pem) == SigningKey(_rsa(signer).public_key(), NOW + 30 * DAY)


def test_an_authority_between_the_root_and_the_signer_comes_along() -> None:
    between = authority(TRUSTED)
    signer = issue(between)
    assert key_of(signer.pem + between.pem).public == _rsa(signer).public_key()
    with pytest.raises(WebhookForgedError, match="certificate_chain"):
        key_of(signer.pem)


def test_a_chain_is_valid_until_its_first_certificate_expires() -> None:
    between = authority(TRUSTED, ends=NOW + 5 * DAY)
    assert key_of(issue(between).pem + between.pem).valid_until == NOW + 5 * DAY


@pytest.mark.parametrize(("forge", "reason"), FORGED_CHAINS.values(), ids=FORGED_CHAINS)
def test_forged_chains(forge: Callable[[Issued], bytes], reason: str) -> None:
    with pytest.raises(WebhookForgedError) as refused:
        key_of(forge(TRUSTED))
    assert refused.value.reason == reason


def test_a_certificate_is_refused_once_it_has_expired() -> None:
    signer = issue(TRUSTED, ends=NOW + DAY)
    assert key_of(signer.pem, NOW + DAY)
    with pytest.raises(WebhookForgedError, match="certificate_expired"):
        key_of(signer.pem, NOW + DAY * 1.001)


def test_a_certificate_is_refused_once_its_authority_has_expired() -> None:
    between = authority(TRUSTED, ends=NOW + DAY)
    with pytest.raises(WebhookForgedError, match="certificate_chain"):
        key_of(issue(between).pem + between.pem, NOW + DAY * 1.001)


def test_a_malformed_root_leaves_other_roots_trusted() -> None:
    der = root(serial=1).certificate.public_bytes(Encoding.DER)
    malformed = pem(der.replace(b"\x02\x01\x01", b"\x02\x01\x00", 1))  # RFC 5280 forbids 0 as a serial number
    assert signing_key(issue(TRUSTED).pem, trusted_roots(malformed + TRUSTED.pem), NOW)
    with pytest.raises(ValueError, match="empty"):
        trusted_roots(malformed)


def test_the_public_roots_do_not_include_ours() -> None:
    with pytest.raises(WebhookForgedError, match="certificate_chain"):
        signing_key(issue(TRUSTED).pem, public_roots(), NOW)


CERTIFICATE = issue(TRUSTED).certificate
DER = CERTIFICATE.public_bytes(Encoding.DER)
TBS = DER.index(CERTIFICATE.tbs_certificate_bytes)  # where the signed part begins


def pem(der: bytes | bytearray) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"


@given(position=st.integers(0, len(CERTIFICATE.tbs_certificate_bytes) - 1), bit=st.integers(0, 7))
def test_no_signed_bit_of_a_certificate_can_be_changed(position: int, bit: int) -> None:
    changed = bytearray(DER)
    changed[TBS + position] ^= 1 << bit
    assert key_of(pem(DER))
    with pytest.raises(WebhookForgedError):
        key_of(pem(changed))


@given(junk=st.binary(min_size=1, max_size=200), position=st.integers(0, len(DER)))
def test_a_certificate_with_inserted_bytes_is_refused(junk: bytes, position: int) -> None:
    with pytest.raises(WebhookForgedError):
        key_of(pem(DER[:position] + junk + DER[position:]))


def _rsa(signer: Issued) -> RSAPrivateKey:
    assert isinstance(signer.key, RSAPrivateKey)
    return signer.key
