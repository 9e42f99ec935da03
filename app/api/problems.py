"""Problem details (RFC 9457, `application/problem+json`): the body of every error response."""

from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Response
from litestar.openapi import ResponseSpec

from app.domain.rules import Refusal
from app.domain.shared_schemas import Appointment, Slot

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER = 5  # seconds


class FieldError(msgspec.Struct):
    """An error in one field of a request."""

    field: str
    message: str


class BrokenRule(msgspec.Struct):
    """A rule that the request breaks, and the reason."""

    code: str
    detail: str


class Problem(msgspec.Struct, omit_defaults=True):
    """Problem details (RFC 9457). `code` is stable; for a broken rule, it is the name of the rule."""

    status: int
    title: str
    detail: str
    code: str
    type: str = "about:blank"
    errors: list[FieldError] = []
    rules: list[BrokenRule] = []  # refused bookings: all broken rules
    alternatives: list[Slot] = []  # refused bookings: the nearest free slots
    affected: list[Appointment] = []  # refused schedule changes and deletions: the appointments in the way
    approval_url: str | None = None  # payments: where the payer can still approve
    id: str | None = None  # server errors: the id in the logs

    def body(self) -> dict[str, Any]:
        """Return the response body."""
        return {**msgspec.to_builtins(self), "type": self.type}

    def response(self, headers: dict[str, str] | None = None) -> Response[dict[str, Any]]:
        """Return a response with this problem."""
        challenge = {"WWW-Authenticate": "Bearer"} if self.status == HTTPStatus.UNAUTHORIZED else {}
        return Response(
            self.body(), status_code=self.status, headers={**challenge, **(headers or {})}, media_type=PROBLEM_JSON
        )


class ProblemError(Exception):
    """Raised by handlers and repositories to respond with a problem."""

    def __init__(self, status: int, code: str, detail: str, errors: list[FieldError] | None = None) -> None:
        super().__init__(detail)
        self.headers: dict[str, str] = {}
        self.problem = Problem(status, HTTPStatus(status).phrase, detail, code, errors=errors or [])


def refused(refusal: Refusal) -> ProblemError:
    """Return the error for a request that breaks a rule."""
    error = ProblemError(refusal.status, refusal.code, refusal.detail)
    error.problem.title = refusal.title
    return error


def not_found(what: str) -> ProblemError:
    """Return the error for something that does not exist, or that the caller may not see."""
    return ProblemError(404, "not_found", f"There is no such {what}.")


def account_gone() -> ProblemError:
    """Return the error for a valid token without an account, for example after a restore of the database."""
    return ProblemError(401, "unauthorized", "This account no longer exists.")


def invalid_request(errors: list[FieldError]) -> ProblemError:
    """Return the error for a malformed request, with all its errors."""
    detail = " ".join(f"{error.field}: {error.message}" if error.field else error.message for error in errors)
    return ProblemError(400, "invalid_request", detail, errors)


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Document the error responses of an operation that do not follow from its shape."""
    return {
        status: ResponseSpec(
            Problem, generate_examples=False, description=HTTPStatus(status).phrase, media_type=PROBLEM_JSON
        )
        for status in statuses
    }
