"""An example of each problem, by its code, and the operations that can respond with it."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from litestar.openapi.spec import Example, Reference

from app.api.problems import Problem
from app.domain.rules import INTERNAL, RULES

EXAMPLE_REF = "#/components/examples/{name}"

# Problems of every operation that documents the status.
COMMON = {
    "invalid_request": (400, "limit: Must be at least 1."),
    "host_not_allowed": (400, "This API does not serve that host. Check the address."),
    "unauthorized": (401, "Please log in."),
    "forbidden": (403, "Only patients can do this."),
    "not_found": (404, "There is no such appointment."),
    "body_too_large": (413, "The body is larger than 1 MiB."),
    "unsupported_media_type": (415, "Send JSON, with `Content-Type: application/json`."),
    "rate_limited": (429, "Too many requests. Try again in 12 s."),
    "internal_error": (500, "Something went wrong on our side. If you report it, please quote this id: 7f3b"),
    "unavailable": (503, "The service is temporarily unavailable. Try again in a few seconds."),
}
WRONG_PASSWORD = {"wrong_password": (422, "Your current password is wrong.")}
BAD_CODE = {"code_invalid": (422, "This code is wrong, expired or already used. Please request a new one.")}
# Problems of some operations, by the tag or the id of the operation.
SPECIAL: dict[str, dict[str, tuple[int, str]]] = {
    "login": {"invalid_credentials": (401, "The username, email or password is wrong.")},
    "change_password": WRONG_PASSWORD,
    "delete_own_account": WRONG_PASSWORD,
    "verify_email": BAD_CODE,
    "reset_password": BAD_CODE,
    "payments": {
        "payment_not_approved": (409, "The payer has not approved this payment at PayPal yet."),
        "payment_declined": (409, "PayPal declined this payment method. Choose another one while the hold lasts."),
        "payment_refused": (409, "PayPal refused this payment (PAYEE_ACCOUNT_RESTRICTED). Nothing was charged."),
        "payment_payer_mismatch": (422, "A different payer has approved this payment."),
        "payments_not_configured": (503, "Payments are not set up on this service."),
        "payment_provider_unavailable": (503, "PayPal cannot be reached at the moment. Try again shortly."),
    },
    "keyed": {
        "idempotency_key_in_use": (
            409,
            "A request with this Idempotency-Key is still in progress. Try again in 5 s.",
        ),
        "idempotency_key_reused": (
            422,
            "This Idempotency-Key was already used with another body. Use a new key for a new request.",
        ),
    },
}
# Prefixes of the rules that the operations of a tag can break.
RULES_OF = {
    "accounts": ("account_", "doctor_", "patient_", "working_hours_cover_appointments"),
    "schedule": ("time_off_", "working_hours_"),
    "appointments": ("appointment_", "time_off_no_appointment"),
    "payments": ("payment_", "refund_", "appointment_"),
    "waitlist": ("waitlist_", "offer_", "appointment_"),
}


def examples() -> dict[str, Example]:
    """Return an example of each problem."""
    known = COMMON | {code: it for problems in SPECIAL.values() for code, it in problems.items()}
    problems = [Problem(status, HTTPStatus(status).phrase, detail, code) for code, (status, detail) in known.items()]
    problems += [
        Problem(rule.status, rule.title, rule.title, code) for code, rule in RULES.items() if rule.status != INTERNAL
    ]
    return {problem.code: Example(summary=problem.title, value=problem.body()) for problem in problems}


def examples_of(operation: Any, status: int, *, takes_key: bool) -> dict[str, Reference]:
    """Return the problems that an operation can respond with at a status, by their codes."""
    names = [operation.operation_id, *operation.tags, *(("keyed",) if takes_key else ())]
    return {code: Reference(ref=EXAMPLE_REF.format(name=code)) for code in _codes(names, status)}


def _codes(names: list[str], status: int) -> Iterator[str]:
    for problems in (COMMON, *(SPECIAL.get(name, {}) for name in names)):
        yield from (code for code, (its_status, _) in problems.items() if its_status == status)
    beginnings = tuple(beginning for name in names for beginning in RULES_OF.get(name, ()))
    rules = {code: rule.status for code, rule in RULES.items() if rule.status != INTERNAL}
    yield from (code for code, its_status in rules.items() if its_status == status and code.startswith(beginnings))
