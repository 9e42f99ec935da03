"""The error responses for payments that PayPal or the payer prevents. None of these payments was charged."""

from math import ceil
from typing import Any

from litestar import Request, Response

from app.api.problems import Problem, ProblemError
from app.domain.payments.paypal.errors import PayPalError, PayPalRefused, PayPalUnavailable

RETRY_AFTER_SECONDS = 10  # unless PayPal says how long
NOT_CONFIGURED_RETRY_AFTER_SECONDS = 3600  # an operator has to configure the account


def not_configured() -> ProblemError:
    """Return the error for a service without a PayPal account."""
    error = ProblemError(503, "payments_not_configured", "Payments are not set up on this service.")
    error.headers["Retry-After"] = str(NOT_CONFIGURED_RETRY_AFTER_SECONDS)
    return error


def not_approved(approval_url: str | None) -> ProblemError:
    """Return the error for a capture that is requested before the payer's approval."""
    error = ProblemError(409, "payment_not_approved", "The payer has not approved this payment at PayPal yet.")
    error.problem.approval_url = approval_url
    return error


def declined(approval_url: str | None) -> ProblemError:
    """Return the error for a capture that PayPal declined. The payer may choose another payment method."""
    error = ProblemError(
        409,
        "payment_declined",
        "PayPal declined this payment method. Choose another one while the hold lasts.",
    )
    error.problem.approval_url = approval_url
    return error


def ended(status: str) -> ProblemError:
    """Return the error for the execution of a canceled or failed payment."""
    if status == "canceled":
        return ProblemError(409, "payment_status_transition", "This payment was canceled. Nothing was charged.")
    detail = "PayPal did not accept this payment. Nothing was charged. You can start another while the hold lasts."
    return ProblemError(409, "payment_refused", detail)


def payer_mismatch() -> ProblemError:
    """Return the error for a PayerID other than that of the payer who approved."""
    return ProblemError(422, "payment_payer_mismatch", "A different payer has approved this payment.")


def refused_by_paypal(refusal: PayPalRefused) -> ProblemError:
    """Return the error for a payment that PayPal refuses permanently."""
    return ProblemError(409, "payment_refused", f"PayPal refused this payment ({refusal.issue}). Nothing was charged.")


def on_paypal_error(_: Request[Any, Any, Any], error: PayPalError) -> Response[dict[str, Any]]:
    """Return the error for a call that PayPal did not answer. The worker later asks PayPal for the result."""
    advice = (
        "Nothing was charged. Try again in a moment."
        if error.operation == "create_order"
        else "Try again in a moment to see the result. You will not be charged twice."
    )
    detail = f"PayPal is not answering at the moment. {advice}"
    pause = error.retry_after if isinstance(error, PayPalUnavailable) and error.retry_after else RETRY_AFTER_SECONDS
    headers = {"Retry-After": str(ceil(pause))}
    return Problem(503, "Service Unavailable", detail, "payment_provider_unavailable").response(headers)
