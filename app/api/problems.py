"""Every answer that is not a success is RFC 9457 `application/problem+json`, made here."""

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
    """What is wrong with one field of a request."""

    field: str
    message: str


class BrokenRule(msgspec.Struct):
    """A rule that stands in the way, and why."""

    code: str
    detail: str


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457 problem details. `code` is stable; for a broken rule it is the rule's name."""

    status: int
    title: str
    detail: str
    code: str
    type: str = "about:blank"
    errors: list[FieldError] = []
    rules: list[BrokenRule] = []  # of a refused booking: all that it breaks
    alternatives: list[Slot] = []  # of a refused booking: the nearest free slots
    affected: list[Appointment] = []  # of a refused change of the schedule: what it would strand; or what is in the way
    approval_url: str | None = None  # of a payment: where the payer still has to approve it
    id: str | None = None  # of a server error, for the logs

    def body(self) -> dict[str, Any]:
        """Return what the answer says."""
        return {**msgspec.to_builtins(self), "type": self.type}

    def response(self, headers: dict[str, str] | None = None) -> Response[dict[str, Any]]:
        """Answer with this problem."""
        challenge = {"WWW-Authenticate": "Bearer"} if self.status == HTTPStatus.UNAUTHORIZED else {}
        return Response(
            self.body(), status_code=self.status, headers={**challenge, **(headers or {})}, media_type=PROBLEM_JSON
        )


class ProblemError(Exception):
    """Raised by handlers and repositories to answer with a problem."""

    def __init__(self, status: int, code: str, detail: str, errors: list[FieldError] | None = None) -> None:
        super().__init__(detail)
        self.headers: dict[str, str] = {}
        self.problem = Problem(status, HTTPStatus(status).phrase, detail, code, errors=errors or [])


def refused(refusal: Refusal) -> ProblemError:
    """Make the answer to a request that breaks a rule."""
    error = ProblemError(refusal.status, refusal.code, refusal.detail)
    error.problem.title = refusal.title
    return error


def not_found(what: str) -> ProblemError:
    """Make the answer for something that is not there, or not the caller's to see."""
    return ProblemError(404, "not_found", f"There is no such {what}.")


def account_gone() -> ProblemError:
    """Make the answer to a token that is signed with our secret but, say, for a database that was restored since."""
    return ProblemError(401, "unauthorized", "This account does not exist any more.")


def invalid_request(errors: list[FieldError]) -> ProblemError:
    """Make the answer to a malformed request, naming each trouble."""
    detail = " ".join(f"{error.field}: {error.message}" if error.field else error.message for error in errors)
    return ProblemError(400, "invalid_request", detail, errors)


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Document which refusals an operation may answer with, beyond those that follow from its shape."""
    return {
        status: ResponseSpec(
            Problem, generate_examples=False, description=HTTPStatus(status).phrase, media_type=PROBLEM_JSON
        )
        for status in statuses
    }
