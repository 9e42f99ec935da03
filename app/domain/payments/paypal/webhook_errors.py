"""The errors of webhook verification."""

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
    """The webhook is not authentic. `reason` names the failed check."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class WebhookUndecidedError(Exception):
    """The webhook cannot be verified at the moment. After a 5xx response, PayPal sends it again."""
