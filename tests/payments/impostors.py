"""Whoever signs webhooks with a key and a certificate of their own."""

import zlib
from base64 import b64encode
from datetime import UTC, datetime
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PAYPALS = "messageverificationcerts.sandbox.paypal.com"


class Impostor:
    """Signs as PayPal does. The certificate at `url` is issued by a root that is trusted, for `name` and a time."""

    def __init__(self, url: str, *, begins: datetime, ends: datetime, name: str = PAYPALS) -> None:
        self.url = url
        root_key, self._key = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
        root = _root(root_key)
        self.pems = {"chain": _pem(_certificate(self._key, root, root_key, begins, ends, name)), "root": _pem(root)}

    def headers(self, body: bytes, webhook_id: str) -> dict[str, str]:
        """Return the headers of a webhook."""
        transmission, time = str(uuid4()), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        signed = f"{transmission}|{time}|{webhook_id}|{zlib.crc32(body)}".encode()
        return {
            "PAYPAL-TRANSMISSION-ID": transmission,
            "PAYPAL-TRANSMISSION-TIME": time,
            "PAYPAL-TRANSMISSION-SIG": b64encode(self._key.sign(signed, PKCS1v15(), SHA256())).decode(),
            "PAYPAL-CERT-URL": self.url,
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
        }


def _root(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = _named("A root")
    begins, ends = datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 1, 1, tzinfo=UTC)
    return (
        _builder(name, name, key, begins, ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .sign(key, SHA256())
    )


def _certificate(
    key: rsa.RSAPrivateKey,
    root: x509.Certificate,
    root_key: rsa.RSAPrivateKey,
    begins: datetime,
    ends: datetime,
    name: str,
) -> x509.Certificate:
    return (
        _builder(_named(name), root.subject, key, begins, ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign")
    no = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, **no)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
