"""True webhooks pass."""

from pathlib import Path

import httpx

from app.domain.payments.certificate_chain import public_roots
from app.domain.payments.certificates import Certificates, read_seeded
from app.domain.payments.webhook_signature import WebhookVerifier
from app.sandbox.paypal_signing import WebhookSigner

BODY = b'{"id": "WH-1", "event_type": "PAYMENT.CAPTURE.COMPLETED"}'


async def test_the_sandboxs_webhooks_are_believed(tmp_path: Path) -> None:
    signer = WebhookSigner(tmp_path)
    async with httpx.AsyncClient() as http:
        certificates = Certificates(http, public_roots(), read_seeded(signer.certificates))
        await WebhookVerifier("8PT597110X687430L", certificates).verify(signer.headers(BODY, "8PT597110X687430L"), BODY)
