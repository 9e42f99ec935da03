"""Verifies that a certificate is one that PayPal signs webhooks with."""

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

MIN_RSA_KEY_BITS = 2048
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

# The signer's names that PayPal's Java SDK accepts (SSLUtil.validateCertificateChain): the live name is
# messageverificationcerts.paypal.com, the sandbox's messageverificationcerts.sandbox.paypal.com. Certificates of other
# PayPal hosts must not sign webhooks.
SIGNER = re.compile(r"messageverificationcerts(\.[a-z0-9-]+)*\.paypal\.com")

# What cryptography raises for malformed certificates, in some cases only when the malformed part is read.
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
    """A key that PayPal signs with, valid until its certificate or an issuer's expires."""

    public: RSAPublicKey
    valid_until: datetime


def public_roots() -> Store:
    """Return the roots that Mozilla trusts (package certifi), without those that cryptography cannot parse."""
    return Store(list(_well_formed(Path(certifi.where()).read_bytes())))


def trusted_roots(root: bytes) -> Store:
    """Return the certificates in `root` (PEM) as trusted roots. Raises ValueError if there is none."""
    return Store(list(_well_formed(root)))


def signing_key(chain: bytes, roots: Store, at: datetime) -> SigningKey:
    """Return the key of the first certificate in `chain` (PEM) if it is PayPal's. The others are its intermediates.

    Raises WebhookForgedError. Revocation is not checked: it suffices that PayPal still serves the certificate.
    """
    try:
        leaf, *intermediates = (_parsed(block) for block in PEM.findall(chain))
        key, name = _rsa_key(leaf), _name(leaf)
    except MALFORMED_ERRORS as error:
        raise WebhookForgedError("certificate_malformed") from error
    _check_dates(leaf, at)
    try:
        path = PolicyBuilder().store(roots).time(at).build_server_verifier(DNSName(name)).verify(leaf, intermediates)
    except (VerificationError, ValueError) as error:  # ValueError: the name is not a valid host name
        raise WebhookForgedError("certificate_chain") from error
    return SigningKey(key, min(certificate.not_valid_after_utc for certificate in path))


def _well_formed(bundle: bytes) -> Iterator[Certificate]:
    for block in PEM.findall(bundle):
        try:
            yield _parsed(block)
        except MALFORMED_ERRORS:  # one malformed root must not invalidate all the others
            continue


def _parsed(block: bytes) -> Certificate:
    with warnings.catch_warnings():
        # a later version of cryptography will refuse what it now warns of: behave the same with both
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
