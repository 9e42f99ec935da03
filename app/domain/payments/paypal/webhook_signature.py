"""Verifies the signature of a webhook.

https://developer.paypal.com/api/rest/webhooks/rest/#link-messagesignature: PayPal signs
`transmission id|transmission time|webhook id|crc32 of the body` with the key of the certificate at PAYPAL-CERT-URL.
"""

import binascii
import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from app.domain.payments.paypal.certificates import Certificates
from app.domain.payments.paypal.webhook_errors import WebhookForgedError

ALGORITHM = "SHA256withRSA"

# The headers, with the lengths documented for PayPal's verify-webhook-signature. None may contain `|`, the separator of
# the signed text.
SHAPES = {
    "paypal-transmission-id": re.compile(r"[A-Za-z0-9_-]{1,50}"),
    "paypal-transmission-time": re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9:.]{8,18}(Z|[+-][0-9]{2}:[0-9]{2})"),
    "paypal-transmission-sig": re.compile(r"[A-Za-z0-9+/=]{4,500}"),
    "paypal-cert-url": re.compile(r"[!-~]{1,500}"),
    "paypal-auth-algo": re.compile(r"[A-Za-z0-9]{1,100}"),
}


class Transmission(NamedTuple):
    """The headers' values, unparsed: the signature covers the text of the time."""

    id: str
    time: str
    signature: str
    certificate_url: str
    algorithm: str


def read_transmission(headers: Mapping[str, str]) -> Transmission:
    """Read a webhook's headers, case-insensitively. Raises WebhookForgedError if one is missing, repeated or malformed.

    `headers.items()` must list every repetition of a header, as Litestar's does.
    """
    found: dict[str, str] = {}
    for name, value in headers.items():
        if (known := name.lower()) in SHAPES:
            if known in found:
                raise WebhookForgedError("header_repeated")
            found[known] = value
    if len(found) < len(SHAPES):
        raise WebhookForgedError("header_missing")
    if not all(shape.fullmatch(found[name]) for name, shape in SHAPES.items()):
        raise WebhookForgedError("header_malformed")
    return Transmission(*(found[name] for name in SHAPES))


class WebhookVerifier:
    """Verifies the requests that PayPal sends to the webhook with this id."""

    def __init__(self, webhook_id: str, certificates: Certificates) -> None:
        self._webhook_id = webhook_id
        self._certificates = certificates

    async def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Check that PayPal signed the webhook for us. Raises WebhookForgedError or WebhookUndecidedError.

        `body` must be the received bytes. Trust only that something happened to the resource, and ask PayPal for the
        details: the signature covers the body's CRC-32, and an attacker who has seen one webhook can construct other
        bodies for it. The age is not checked, because PayPal repeats a webhook for three days and resends it on demand.
        A replay has no effect where each event counts once.
        """
        transmission = read_transmission(headers)
        if transmission.algorithm != ALGORITHM:
            raise WebhookForgedError("algorithm")
        signature = _decoded(transmission.signature)
        key = await self._certificates.key(transmission.certificate_url)
        signed = f"{transmission.id}|{transmission.time}|{self._webhook_id}|{zlib.crc32(body)}"
        try:
            key.verify(signature, signed.encode(), PKCS1v15(), SHA256())
        except InvalidSignature as error:
            raise WebhookForgedError("signature") from error


def _decoded(signature: str) -> bytes:
    try:
        decoded = b64decode(signature)
    except binascii.Error as error:
        raise WebhookForgedError("header_malformed") from error
    if b64encode(decoded).decode() != signature:  # superfluous padding, or bits beyond the last byte
        raise WebhookForgedError("header_malformed")
    return decoded
