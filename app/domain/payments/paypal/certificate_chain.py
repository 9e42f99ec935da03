"""Whether a certificate is one that PayPal signs webhooks with."""

import re
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import certifi
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import (
    Certificate,
    DNSName,
    DuplicateExtension,
    ExtensionNotFound,
    InvalidVersion,
    SubjectAlternativeName,
    UnsupportedGeneralNameType,
    load_pem_x509_certificate,
)
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from app.domain.payments.paypal.webhook_errors import WebhookForgedError

MIN_RSA_KEY_BITS = 2048  # bits
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

# The names that PayPal's own SDK for Java takes for the signer's (SSLUtil.validateCertificateChain): live it is
# messageverificationcerts.paypal.com, in the sandbox messageverificationcerts.sandbox.paypal.com. A key that serves
# another host of PayPal's signs no webhooks.
SIGNER = re.compile(r"messageverificationcerts(\.[a-z0-9-]+)*\.paypal\.com")

# What cryptography raises on certificates that are none, some of it only when the part in question is looked at.
MALFORMED_ERRORS = (
    ValueError,
    InvalidVersion,
    DuplicateExtension,
    ExtensionNotFound,
    UnsupportedAlgorithm,
    UnsupportedGeneralNameType,
    CryptographyDeprecationWarning,
)


class SigningKey(NamedTuple):
    """A key that PayPal signs with, good until its certificate or one above it expires."""

    public: RSAPublicKey
    valid_until: datetime


def public_roots() -> Store:
    """Return the roots that Mozilla trusts (package certifi), but for those that cryptography finds malformed."""
    return Store(list(_well_formed(Path(certifi.where()).read_bytes())))


def trusted_roots(root: bytes) -> Store:
    """Return the certificates in `root` (PEM) as the roots to trust. Raises ValueError if there is none."""
    return Store(list(_well_formed(root)))


def signing_key(chain: bytes, roots: Store, at: datetime) -> SigningKey:
    """Return the key of the first certificate in `chain` (PEM, the others are its intermediates) if it is PayPal's.

    Raises WebhookForgedError. Whether a certificate was revoked is not asked: that PayPal still serves it has to do.
    """
    try:
        leaf, *intermediates = (_parsed(block) for block in PEM.findall(chain))
        key, name = _rsa_key(leaf), _name(leaf)
    except MALFORMED_ERRORS as error:
        raise WebhookForgedError("certificate_malformed") from error
    _check_dates(leaf, at)
    try:
        path = PolicyBuilder().store(roots).time(at).build_server_verifier(DNSName(name)).verify(leaf, intermediates)
    except (VerificationError, ValueError) as error:  # ValueError: a name that no host can have
        raise WebhookForgedError("certificate_chain") from error
    return SigningKey(key, min(certificate.not_valid_after_utc for certificate in path))


def _well_formed(bundle: bytes) -> Iterator[Certificate]:
    for block in PEM.findall(bundle):
        try:
            yield _parsed(block)
        except MALFORMED_ERRORS:  # one old root must not cost the trust in all others
            continue


def _parsed(block: bytes) -> Certificate:
    with warnings.catch_warnings():
        # what cryptography only warns of, it will refuse in a later version: be the same in both
        warnings.simplefilter("error", CryptographyDeprecationWarning)
        return load_pem_x509_certificate(block)


def _rsa_key(leaf: Certificate) -> RSAPublicKey:
    key = leaf.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < MIN_RSA_KEY_BITS:
        raise WebhookForgedError("certificate_key")
    return key


def _name(leaf: Certificate) -> str:
    names = leaf.extensions.get_extension_for_class(SubjectAlternativeName).value.get_values_for_type(DNSName)
    signers = [name for name in names if SIGNER.fullmatch(name)]
    if not signers:
        raise WebhookForgedError("certificate_name")
    return signers[0]


def _check_dates(leaf: Certificate, at: datetime) -> None:
    if at < leaf.not_valid_before_utc:
        raise WebhookForgedError("certificate_not_yet_valid")
    if at > leaf.not_valid_after_utc:
        raise WebhookForgedError("certificate_expired")
