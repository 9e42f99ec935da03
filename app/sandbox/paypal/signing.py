"""Signs webhooks as PayPal does, with a certificate that only the sandbox's API trusts."""

import json
import zlib
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.sandbox.files import write_private

SIGNER = "messageverificationcerts.sandbox.paypal.com"
URL = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-{}"
LIFETIME = timedelta(days=397)
RENEWED_BEFORE = timedelta(days=180)  # a stack must be restarted at least this often

KEY_USAGE = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


class _Identity(NamedTuple):
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    root: x509.Certificate


class WebhookSigner:
    """Signs webhooks. The key is in the folder `home`; the file `certificates` contains the trusted certificate.

    That file is for PAYPAL_CERTIFICATES. The certificate's URL is a PayPal URL, but it is never fetched.
    """

    def __init__(self, home: Path) -> None:
        self.certificates = home / "paypal-certificates.json"
        identity = _load_identity(home / "paypal-signing.pem") or _create_identity(home / "paypal-signing.pem")
        self._key = identity.key
        self.certificate_url = URL.format(identity.certificate.fingerprint(SHA256()).hex()[:24])
        pems = {"chain": _pem(identity.certificate), "root": _pem(identity.root)}
        write_private(self.certificates, json.dumps({self.certificate_url: pems}, indent=2))

    def headers(self, body: bytes, webhook_id: str) -> dict[str, str]:
        """Return the headers for `body`, as a new transmission signed for this webhook id."""
        transmission, time = str(uuid4()), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "PAYPAL-TRANSMISSION-ID": transmission,
            "PAYPAL-TRANSMISSION-TIME": time,
            "PAYPAL-TRANSMISSION-SIG": self.signature(body, webhook_id, transmission, time),
            "PAYPAL-CERT-URL": self.certificate_url,
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
            "PAYPAL-AUTH-VERSION": "v2",
        }

    def signature(self, body: bytes, webhook_id: str, transmission: str, time: str) -> str:
        """Return the signature of a transmission. It is deterministic (PKCS #1 v1.5)."""
        signed = f"{transmission}|{time}|{webhook_id}|{zlib.crc32(body)}"
        return b64encode(self._key.sign(signed.encode(), PKCS1v15(), SHA256())).decode()


def _load_identity(path: Path) -> _Identity | None:
    """Read the identity from the file. None if the file is missing or invalid, or the certificate expires soon."""
    try:
        content = path.read_bytes()
        key = load_pem_private_key(content, password=None)
        certificate, root = x509.load_pem_x509_certificates(content)
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(key, rsa.RSAPrivateKey) or certificate.not_valid_after_utc - datetime.now(UTC) < RENEWED_BEFORE:
        return None
    return _Identity(key, certificate, root)


def _create_identity(path: Path) -> _Identity:
    """Create and store a key, its certificate and the issuing root. The root's key is discarded."""
    root_key, key = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    root = _root(root_key)
    identity = _Identity(key, _certificate(key.public_key(), root, root_key), root)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    write_private(path, private + _pem(identity.certificate) + _pem(root))
    return identity


def _root(key: rsa.RSAPrivateKey) -> x509.Certificate:
    public, name = key.public_key(), _named("Root of a sandbox, for nothing else")
    return (
        _builder(name, name, public)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**KEY_USAGE | {"key_cert_sign": True}), critical=True)
        .sign(key, SHA256())
    )


def _certificate(public: rsa.RSAPublicKey, root: x509.Certificate, root_key: rsa.RSAPrivateKey) -> x509.Certificate:
    return (
        _builder(_named(SIGNER), root.subject, public)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(SIGNER)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**KEY_USAGE | {"digital_signature": True}), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, SHA256())
    )


def _builder(subject: x509.Name, issuer: x509.Name, public: rsa.RSAPublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # another process's clock may be behind
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
