"""Certificates like PayPal's, and invalid ones, made independently of the sandbox's code."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
SIGNER = "messageverificationcerts.paypal.com"
SANDBOX_SIGNER = "messageverificationcerts.sandbox.paypal.com"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(_: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return an RSA key, the same one for the same name during a run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


class Issued(NamedTuple):
    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def root(name: str = "A root", **changed: Any) -> Issued:
    """Return a self-signed certificate authority."""
    its_own: dict[str, Any] = {"ca": True, "key": rsa_key(name), "names": []}
    return issue(None, name, **its_own | changed)


def issue(
    issuer: Issued | None,
    name: str = SIGNER,
    *,
    key: Key | None = None,
    names: list[str] | None = None,
    begins: datetime = NOW - DAY,
    ends: datetime = NOW + 30 * DAY,
    serial: int | None = None,
    ca: bool = False,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
) -> Issued:
    """Issue a certificate for `names`, by default the one `name`. Without an issuer it is self-signed."""
    key = key or rsa_key("signer")
    by = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(issuer.certificate.subject if issuer else _named(name))
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        .add_extension(_key_usage(ca=ca), critical=True)
    )
    if not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if names := [name] if names is None else names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(map(x509.DNSName, names))), critical=False)
    return Issued(builder.sign(by, SHA256()), key)


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign")
    no = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, **no)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _forgery(**changed: Any) -> Callable[[Issued], bytes]:
    return lambda trusted: issue(trusted, **changed).pem


# For each chain: a function that makes it, given the trusted root, and the reason of the refusal.
FORGED_CHAINS: dict[str, tuple[Callable[[Issued], bytes], str]] = {
    "expired": (_forgery(begins=NOW - 3 * DAY, ends=NOW - DAY), "certificate_expired"),
    "not yet valid": (_forgery(begins=NOW + DAY), "certificate_not_yet_valid"),
    "of another name": (_forgery(name="evil.example"), "certificate_name"),
    "of another host of PayPal's": (_forgery(name="www.paypal.com"), "certificate_name"),
    "of all hosts of PayPal's": (_forgery(name="*.paypal.com"), "certificate_name"),
    "of a name that ends in another domain": (_forgery(name=f"{SIGNER}.evil.example"), "certificate_name"),
    "of a name that begins before PayPal's": (
        _forgery(name="messageverificationcerts.evilpaypal.com"),
        "certificate_name",
    ),
    "of a name that is none": (_forgery(name="messageverificationcerts.-.paypal.com"), "certificate_chain"),
    "whose name is only its subject": (_forgery(names=[]), "certificate_malformed"),
    "of another root": (lambda _: issue(root("Another root")).pem, "certificate_chain"),
    "of another root of the same name": (lambda _: issue(root(key=rsa_key("An impostor"))).pem, "certificate_chain"),
    "of another root, which is sent along": (
        lambda _: issue(root("Another root")).pem + root("Another root").pem,
        "certificate_chain",
    ),
    "self-signed": (lambda _: issue(None).pem, "certificate_chain"),
    "an authority's own": (_forgery(ca=True), "certificate_chain"),
    "of an issuer that is no authority": (
        lambda trusted: (
            issue(issue(trusted, "A leaf", key=rsa_key("A leaf"))).pem
            + issue(trusted, "A leaf", key=rsa_key("A leaf")).pem
        ),
        "certificate_chain",
    ),
    "of an issuer that has expired": (
        lambda trusted: issue(expired_authority(trusted)).pem + expired_authority(trusted).pem,
        "certificate_chain",
    ),
    "for clients": (_forgery(usage=ExtendedKeyUsageOID.CLIENT_AUTH), "certificate_chain"),
    "of a short key": (_forgery(key=rsa_key("short", 1024)), "certificate_key"),
    "of an elliptic key": (_forgery(key=ec.generate_private_key(ec.SECP256R1())), "certificate_key"),
    "none": (lambda _: b"", "certificate_malformed"),
    "not PEM": (lambda _: b"<html>Not found</html>", "certificate_malformed"),
    "not a certificate": (
        lambda _: b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
        "certificate_malformed",
    ),
}


def authority(trusted: Issued, **changed: Any) -> Issued:
    """Return an intermediate authority."""
    its_own: dict[str, Any] = {"ca": True, "key": rsa_key("Between"), "names": []}
    return issue(trusted, "Between", **its_own | changed)


def expired_authority(trusted: Issued) -> Issued:
    return authority(trusted, begins=NOW - 3 * DAY, ends=NOW - DAY)
