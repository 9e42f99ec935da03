"""Only genuine PayPal webhooks pass the verification."""

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Mapping

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.datastructures.headers import Headers

from app.domain.payments.paypal.certificate_chain import trusted_roots
from app.domain.payments.paypal.certificates import Certificates, SeededCertificate
from app.domain.payments.paypal.webhook_errors import WebhookForgedError, WebhookUndecidedError
from app.domain.payments.paypal.webhook_signature import WebhookVerifier
from tests.support.paypal.certificate_authority import issue, root, rsa_key
from tests.support.paypal.fake_internet import FakeInternet, response

WEBHOOK = "8PT597110X687430L"
URL = "https://api.paypal.com/v1/notifications/certs/CERT-1"
BODY = b'{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED","resource":{"id":"2GG279541U471931P"}}'
TRUSTED = root()
SIGNER = issue(TRUSTED)
SEEDED = {URL: SeededCertificate(SIGNER.pem.decode(), TRUSTED.pem.decode())}

ID, TIME, SIG, CERT, ALGORITHM = NAMES = (
    "PAYPAL-TRANSMISSION-ID",
    "PAYPAL-TRANSMISSION-TIME",
    "PAYPAL-TRANSMISSION-SIG",
    "PAYPAL-CERT-URL",
    "PAYPAL-AUTH-ALGO",
)


def signed(
    body: bytes = BODY,
    *,
    webhook: str = WEBHOOK,
    key: RSAPrivateKey | None = None,
    padding: AsymmetricPadding | None = None,
    hashed: HashAlgorithm | None = None,
    **changed: str,
) -> dict[str, str]:
    """Return the headers of a webhook, signed as PayPal documents it."""
    said = {ID: "103e3700-8b0c-11e6-8695-6b62a8a99ac4", TIME: "2016-10-05T14:57:40Z"}
    text = f"{said[ID]}|{said[TIME]}|{webhook}|{binascii.crc32(body)}".encode()
    signature = (key or rsa_key("signer")).sign(text, padding or PKCS1v15(), hashed or SHA256())
    return said | {SIG: b64encode(signature).decode(), CERT: URL, ALGORITHM: "SHA256withRSA"} | changed


@pytest_asyncio.fixture
async def verifier() -> AsyncIterator[WebhookVerifier]:
    """A verifier with one seeded certificate and no network."""
    async with httpx.AsyncClient(proxy="http://127.0.0.1:1", trust_env=False) as http:
        yield WebhookVerifier(WEBHOOK, Certificates(http, trusted_roots(root("Another root").pem), SEEDED))


async def refused(verifier: WebhookVerifier, headers: Mapping[str, str], body: bytes = BODY) -> str:
    with pytest.raises(WebhookForgedError) as error:
        await verifier.verify(headers, body)
    return error.value.reason


@pytest.mark.parametrize("body", [BODY, b"", b"\xff\x00", BODY * 1000])
async def test_a_genuine_webhook_is_accepted(verifier: WebhookVerifier, body: bytes) -> None:
    await verifier.verify(signed(body), body)


@pytest.mark.parametrize("form", [dict, httpx.Headers])
async def test_headers_may_be_in_any_case(verifier: WebhookVerifier, form: Callable[..., Mapping[str, str]]) -> None:
    await verifier.verify(form({name.lower(): value for name, value in signed().items()}), BODY)


FORGERIES: dict[str, tuple[dict[str, str], bytes]] = {
    "a changed byte": (signed(), BODY.replace(b"COMPLETED", b"COMPLETEX")),
    "a byte more": (signed(), BODY + b"\n"),
    "a byte less": (signed(), BODY[:-1]),
    "the same in other bytes": (signed(), json.dumps(json.loads(BODY)).encode()),
    "for another webhook": (signed(webhook="1JE4291016473214C"), BODY),
    "another transmission": (signed() | {ID: "103e3700-8b0c-11e6-8695-6b62a8a99ac5"}, BODY),
    "another time": (signed() | {TIME: "2016-10-05T14:57:41Z"}, BODY),
    "the same time in other words": (signed() | {TIME: "2016-10-05T14:57:40+00:00"}, BODY),
    "another webhook's signature": (signed() | {SIG: signed(b"{}")[SIG]}, BODY),
    "another key": (signed(key=rsa_key("evil")), BODY),
    "a hash that is broken": (signed(hashed=SHA1()), BODY),  # noqa: S303  the verifier must refuse it
    "another padding": (signed(padding=PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH)), BODY),
    "a short signature": (signed() | {SIG: b64encode(b64decode(signed()[SIG])[:-1]).decode()}, BODY),
    "a long signature": (signed() | {SIG: b64encode(b"\0" + b64decode(signed()[SIG])).decode()}, BODY),
    "no signature to speak of": (signed() | {SIG: "AAAA"}, BODY),
}


@pytest.mark.parametrize(("headers", "body"), FORGERIES.values(), ids=FORGERIES)
async def test_forged_signatures(verifier: WebhookVerifier, headers: dict[str, str], body: bytes) -> None:
    assert await refused(verifier, headers, body) == "signature"


@pytest.mark.parametrize(
    "algorithm", ["SHA1withRSA", "none", "SHA256withECDSA", "sha256withrsa", "HS256", "MD5withRSA"]
)
async def test_other_algorithms(verifier: WebhookVerifier, algorithm: str) -> None:
    assert await refused(verifier, signed() | {ALGORITHM: algorithm}) == "algorithm"


@pytest.mark.parametrize("name", NAMES)
async def test_a_missing_header(verifier: WebhookVerifier, name: str) -> None:
    headers = signed()
    del headers[name]
    assert await refused(verifier, headers) == "header_missing"


@pytest.mark.parametrize("name", NAMES)
async def test_a_repeated_header(verifier: WebhookVerifier, name: str) -> None:
    raw = [(name.lower().encode(), value.encode()) for name, value in signed().items()]
    await verifier.verify(Headers(raw), BODY)
    raw.append((name.lower().encode(), signed()[name].encode()))
    assert await refused(verifier, Headers(raw)) == "header_repeated"


MALFORMED = {
    "an empty id": {ID: ""},
    "a long id": {ID: "a" * 51},
    "an id that divides": {ID: "103e3700|8b0c"},
    "an id with a line": {ID: "103e3700\n"},
    "an id of other digits": {ID: "١٠٣"},  # Arabic digits
    "no time": {TIME: "yesterday"},
    "a time of no zone": {TIME: "2016-10-05T14:57:40"},
    "a time that divides": {TIME: "2016-10-05T14:57:40|0Z"},
    "a long time": {TIME: "2016-10-05T14:57:40." + "0" * 100 + "Z"},
    "a signature in other letters": {SIG: signed()[SIG].translate(str.maketrans("+/", "-_")) + "-_=="},
    "a signature with a blank": {SIG: f"{signed()[SIG][:76]} {signed()[SIG][76:]}"},
    "a signature without its padding": {SIG: signed()[SIG].rstrip("=")},
    "a signature with more padding": {SIG: f"{signed()[SIG]}===="},
    "a signature with bits to spare": {SIG: b64encode(bytes(256)).decode().replace("A==", "B==")},
    "a long signature": {SIG: "A" * 504},
    "no certificate's URL": {CERT: ""},
    "a long URL": {CERT: f"{URL}{'1' * 500}"},
    "a URL with a blank": {CERT: f"{URL} "},
    "an algorithm with a sign": {ALGORITHM: "SHA256/RSA"},
}


@pytest.mark.parametrize("changed", MALFORMED.values(), ids=MALFORMED)
async def test_malformed_headers(verifier: WebhookVerifier, changed: dict[str, str]) -> None:
    assert await refused(verifier, signed() | changed) == "header_malformed"


async def test_invalid_headers_are_refused_without_a_request(internet: FakeInternet) -> None:
    verifier = WebhookVerifier(WEBHOOK, Certificates(internet.client, trusted_roots(TRUSTED.pem)))
    for changed in (*MALFORMED.values(), {ALGORITHM: "none"}, {CERT: "https://paypal.com.evil.example/"}):
        await refused(verifier, signed() | changed)
    assert internet.asked == []
    internet.answers["/v1/notifications/certs/CERT-1"] = response(SIGNER.pem)
    await verifier.verify(signed(), BODY)
    assert internet.asked == ["api.paypal.com:443"]


async def test_an_unavailable_certificate_leaves_the_webhook_undecided(verifier: WebhookVerifier) -> None:
    with pytest.raises(WebhookUndecidedError):
        await verifier.verify(signed() | {CERT: f"{URL}2"}, BODY)


async def test_a_seeded_root_is_trusted_for_its_own_url_only(internet: FakeInternet) -> None:
    internet.answers["/v1/notifications/certs/CERT-12"] = response(SIGNER.pem)
    verifier = WebhookVerifier(WEBHOOK, Certificates(internet.client, trusted_roots(root("Another root").pem), SEEDED))
    await verifier.verify(signed(), BODY)
    assert internet.asked == []
    assert await refused(verifier, signed() | {CERT: f"{URL}2"}) == "certificate_chain"


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_no_bit_can_be_changed(verifier: WebhookVerifier, data: st.DataObject) -> None:
    parts = {name: value.encode() for name, value in signed().items()} | {"": BODY}
    name = data.draw(st.sampled_from(sorted(parts)))
    changed = bytearray(parts[name])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    parts[name] = bytes(changed)
    body = parts.pop("")
    with pytest.raises(
        (WebhookForgedError, WebhookUndecidedError)
    ):  # undecided if the certificate's URL is another one of PayPal
        await verifier.verify({name: value.decode("latin-1") for name, value in parts.items()}, body)
