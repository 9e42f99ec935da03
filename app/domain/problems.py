"""Every answer that is not a success is RFC 9457 `application/problem+json`, made here."""

import re
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.domain.errors import driver_error, refusal_of

log = structlog.get_logger()

# PostgreSQL is away, overloaded or gave up waiting: the same request may succeed later.
UNAVAILABLE = (
    OSError,
    TimeoutError,
    PoolTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
)


class FieldError(msgspec.Struct):
    """What is wrong with one field of a request."""

    field: str
    message: str


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457 problem details. `code` is stable; for a broken rule it is the rule's name."""

    status: int
    title: str
    detail: str
    code: str
    type: str = "about:blank"
    errors: list[FieldError] = []
    id: str | None = None  # of a server error, for the logs

    def response(self, headers: dict[str, str] | None = None) -> Response[dict[str, Any]]:
        """Answer with this problem."""
        body = {**msgspec.to_builtins(self), "type": self.type}
        return Response(body, status_code=self.status, headers=headers, media_type="application/problem+json")


class ProblemError(Exception):
    """Raised by handlers and repositories to answer with a problem."""

    def __init__(self, status: int, code: str, detail: str, errors: list[FieldError] | None = None) -> None:
        super().__init__(detail)
        self.problem = Problem(status, HTTPStatus(status).phrase, detail, code, errors=errors or [])


def not_found(what: str) -> ProblemError:
    """Make the answer for something that is not there, or not the caller's to see."""
    return ProblemError(404, "not_found", f"There is no such {what}.")


def _on_problem(_: Request[Any, Any, Any], error: ProblemError) -> Response[dict[str, Any]]:
    return error.problem.response()


def _on_http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    status = HTTPStatus(error.status_code)
    code = status.phrase.lower().replace(" ", "_")
    problem = Problem(status, status.phrase, error.detail or status.description, code)
    if isinstance(error, ValidationException) or _is_decoding(error):
        problem.code = "invalid_request"
        problem.errors = _field_errors(error)
        problem.detail = "; ".join(f"{e.field}: {e.message}" if e.field else e.message for e in problem.errors)
    headers = dict(error.headers or {})
    if status is HTTPStatus.UNAUTHORIZED:
        headers.setdefault("WWW-Authenticate", "Bearer")
    return problem.response(headers)


def _is_decoding(error: HTTPException) -> bool:
    return error.status_code == HTTPStatus.BAD_REQUEST and isinstance(error.__cause__, Exception)


_NAMED = re.compile(r"field `(?P<name>[^`]*)`")  # an unknown or a missing one
_AT = re.compile(r"^(?P<message>.*?)(?: - at `(?P<where>.*)`)?$", re.DOTALL)


def _field_errors(error: HTTPException) -> list[FieldError]:
    found = []
    for item in error.extra if isinstance(error.extra, list) else []:
        message = str(item.get("message", ""))
        # Litestar says only the name of its own parameter when there is no body at all
        match = _AT.match("A JSON body is required." if message == "'data'" else message)
        assert match is not None  # noqa: S101  the pattern matches any text
        where = str(item.get("key") or "").removeprefix("data") or (match["where"] or "").removeprefix("$.")
        named = _NAMED.search(match["message"])
        found.append(FieldError(where or (named["name"] if named else ""), match["message"]))
    return found or [FieldError("", _AT.sub(r"\g<message>", str(error.__cause__ or error.detail)))]


def _on_error(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    refusal = refusal_of(error)
    if refusal is not None:
        return Problem(refusal.status, refusal.title, refusal.detail, refusal.code).response()
    cause = driver_error(error)
    if isinstance(cause, RecursionError):  # msgspec: nested deeper than Python's stack
        return Problem(400, "Bad Request", "The JSON is nested too deeply.", "invalid_request").response()
    if isinstance(cause, asyncpg.DataError):
        return Problem(400, "Bad Request", "A value is out of range or malformed.", "invalid_request").response()
    if isinstance(cause, UNAVAILABLE):
        log.warning("unavailable", path=request.url.path, error=type(cause).__name__)
        detail = "The database cannot be reached or is too busy at the moment. Try again shortly."
        return Problem(503, "Service Unavailable", detail, "unavailable").response({"Retry-After": "5"})
    problem_id = uuid4().hex
    log.error("server_error", id=problem_id, path=request.url.path, exc_info=error)
    detail = f"Something went wrong on our side. Quote {problem_id} when reporting it."
    return Problem(500, "Internal Server Error", detail, "internal_error", id=problem_id).response()


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    ProblemError: _on_problem,
    HTTPException: _on_http_error,
    Exception: _on_error,
}
