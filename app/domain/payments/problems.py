"""Answers to payments that PayPal, or the payer, does not let happen. None of them was charged for."""

from math import ceil
from typing import Any

from litestar import Request, Response

from app.api.problems import Problem, ProblemError
from app.domain.payments.paypal.errors import PayPalError, PayPalRefused, PayPalUnavailable

RETRY_AFTER_SECONDS = 10  # seconds to come again after, unless PayPal says how long
NOT_CONFIGURED_RETRY_AFTER_SECONDS = 3600  # seconds; it takes a person


def not_configured() -> ProblemError:
    """Make the answer of a service that has no account at PayPal."""
    error = ProblemError(503, "payments_not_configured", "Payments are not set up on this service.")
    error.headers["Retry-After"] = str(NOT_CONFIGURED_RETRY_AFTER_SECONDS)
    return error


def not_approved(approval_url: str | None) -> ProblemError:
    """Make the answer to an execution that comes before the payer's approval."""
    error = ProblemError(409, "payment_not_approved", "The payer has not approved this payment at PayPal yet.")
    error.problem.approval_url = approval_url
    return error


def declined(approval_url: str | None) -> ProblemError:
    """Make the answer to a capture that PayPal declined: another means of payment may be chosen."""
    error = ProblemError(
        409,
        "payment_declined",
        "PayPal declined this means of payment. While the hold lasts, choose another.",
    )
    error.problem.approval_url = approval_url
    return error


def ended(status: str) -> ProblemError:
    """Make the answer to the execution of a payment that has ended, canceled or failed: that is no success."""
    if status == "canceled":
        return ProblemError(409, "payment_status_transition", "This payment was canceled; nothing was charged.")
    detail = "PayPal did not take this payment; nothing was charged. While the hold lasts, you can begin another."
    return ProblemError(409, "payment_refused", detail)


def payer_mismatch() -> ProblemError:
    """Make the answer to a PayerID that is not the approving payer's."""
    return ProblemError(422, "payment_payer_mismatch", "Somebody else has approved this payment.")


def refused_by_paypal(refusal: PayPalRefused) -> ProblemError:
    """Make the answer to a payment that PayPal refuses for good."""
    return ProblemError(409, "payment_refused", f"PayPal refuses this payment ({refusal.issue}); nothing was charged.")


def on_paypal_error(_: Request[Any, Any, Any], error: PayPalError) -> Response[dict[str, Any]]:
    """Answer a request that PayPal left without an answer. What happened there, the worker finds out."""
    advice = (
        "Nothing was charged; ask again in a moment."
        if error.operation == "create_order"
        else "Ask again in a moment: what was taken is seen then, and nothing is taken twice."
    )
    detail = f"PayPal does not answer just now. {advice}"
    pause = error.retry_after if isinstance(error, PayPalUnavailable) and error.retry_after else RETRY_AFTER_SECONDS
    headers = {"Retry-After": str(ceil(pause))}
    return Problem(503, "Service Unavailable", detail, "payment_provider_unavailable").response(headers)
