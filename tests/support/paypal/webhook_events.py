"""Bodies of PayPal's webhooks, and the names of their headers."""

import json
from typing import Any
from uuid import uuid4

SIGNATURE, CERTIFICATE_URL, ALGORITHM = "PAYPAL-TRANSMISSION-SIG", "PAYPAL-CERT-URL", "PAYPAL-AUTH-ALGO"


def event(kind: str = "PAYMENT.CAPTURE.COMPLETED", resource: Any = None, **changes: Any) -> bytes:
    """Return the body of a new event, with the spacing of PayPal's JSON, which differs from ours."""
    body = {
        "id": f"WH-{uuid4().hex.upper()}",
        "event_version": "1.0",
        "create_time": "2026-11-22T15:00:00.000Z",
        "resource_type": "capture",
        "event_type": kind,
        "summary": "Payment completed for $ 100.00 USD",
        "resource": {"id": "3C679366HH908993F", "amount": {"value": "100.00"}} if resource is None else resource,
    }
    return json.dumps(body | changes, separators=(",", ": ")).encode()
