"""Why a webhook is not believed."""

from typing import Literal

Reason = Literal[
    "header_missing",
    "header_repeated",
    "header_malformed",
    "algorithm",
    "certificate_url",
    "certificate_unavailable",
    "certificate_too_large",
    "certificate_malformed",
    "certificate_key",
    "certificate_name",
    "certificate_not_yet_valid",
    "certificate_expired",
    "certificate_chain",
    "signature",
]


class WebhookForgedError(Exception):
    """PayPal did not send this, or not so; `reason` names the check that it failed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class WebhookUndecidedError(Exception):
    """The certificate cannot be had just now. Answered with a 5xx, PayPal sends the webhook again."""
