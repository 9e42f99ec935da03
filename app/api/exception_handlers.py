"""Turns the exceptions of handlers into problem responses."""

from http import HTTPStatus
from typing import Any
from uuid import uuid4

import asyncpg
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotAuthorizedException, ValidationException
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.api.middleware.time_limit import RequestTimeoutError
from app.api.problems import RETRY_AFTER, FieldError, Problem, ProblemError, invalid_request, refused
from app.db.driver import LoginEndedError
from app.db.errors import NotConnectedError, driver_error
from app.domain.rules import refusal_of
from app.domain.validation_messages import explain
from app.outage_log import error_name

log = structlog.get_logger()

SAFE_METHODS = {"GET", "HEAD"}  # methods that change nothing

# PostgreSQL is unreachable, overloaded or timed out: the same request can succeed later.
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

# Those of UNAVAILABLE that can hit a single request. The others are an outage, which is logged once.
SINGLE_REQUEST_FAILURES = (
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
)

# Errors after which it is unknown whether a COMMIT took effect.
OUTCOME_UNKNOWN = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)

# Codes and details of Litestar's own refusals. The phrases of HTTPStatus differ between Python versions.
LITESTAR_REFUSALS = {
    HTTPStatus.UNAUTHORIZED: ("unauthorized", "Please log in."),
    HTTPStatus.NOT_FOUND: ("not_found", "There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "method_not_allowed",
        "This address does not support that method. The `Allow` header lists the supported methods.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("body_too_large", "The body is larger than 1 MiB."),
}


def _on_problem(_: Request[Any, Any, Any], error: ProblemError) -> Response[dict[str, Any]]:
    return error.problem.response(error.headers)


def _on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    if isinstance(error, ValidationException):
        return invalid_request(_field_errors(error)).problem.response()
    status = HTTPStatus(error.status_code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _server_error(request, error)
    code, detail = LITESTAR_REFUSALS.get(status, (status.name.lower(), error.detail))
    return Problem(status, status.phrase, detail, code).response(dict(error.headers or {}))


def _on_login_ended(request: Request[Any, Any, Any], _: LoginEndedError) -> Response[dict[str, Any]]:
    return _on_http_error(request, NotAuthorizedException())


def _field_errors(error: ValidationException) -> list[FieldError]:
    found = error.extra if isinstance(error.extra, list) else []
    return [_field_error(str(item["message"]), item.get("key")) for item in found] or [FieldError("", error.detail)]


def _field_error(message: str, key: str | None) -> FieldError:
    if message == "'data'":  # Litestar's whole message for a missing body
        return FieldError("", "A JSON body is required.")
    # handlers name the parameter `from` from_, because it is a Python keyword, and PayPal's `token` order_id
    name = (key or "").removesuffix("_")
    return FieldError({"order_id": "token"}.get(name, name), explain(message))


def _on_error(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    refusal = refusal_of(error)
    if refusal is not None:
        return refused(refusal).problem.response()
    cause = driver_error(error)
    if isinstance(cause, asyncpg.DataError):
        return Problem(400, "Bad Request", "A value is out of range or malformed.", "invalid_request").response()
    if isinstance(cause, UNAVAILABLE):
        return _unavailable(request, cause)
    return _server_error(request, error)


def _unavailable(request: Request[Any, Any, Any], cause: BaseException) -> Response[dict[str, Any]]:
    if isinstance(cause, SINGLE_REQUEST_FAILURES):
        log.warning("statement_failed", route=request.scope.get("path_template"), error=error_name(cause))
    elif not isinstance(cause, RequestTimeoutError):  # logged by TimeLimit
        request.app.state["database"].report_failure(cause)
    detail = "The service is temporarily unavailable. Try again in a few seconds."
    if (
        request.method not in SAFE_METHODS
        and isinstance(cause, OUTCOME_UNKNOWN)
        and not isinstance(cause, NotConnectedError)
    ):
        detail = "The service did not respond in time. The request may have taken effect: check before you try again."
    return Problem(503, "Service Unavailable", detail, "unavailable").response({"Retry-After": str(RETRY_AFTER)})


def _server_error(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    problem_id = uuid4().hex
    log.error("server_error", id=problem_id, route=request.scope.get("path_template"), exc_info=error)
    detail = f"Something went wrong on our side. If you report it, please quote this id: {problem_id}"
    return Problem(500, "Internal Server Error", detail, "internal_error", id=problem_id).response()


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    ProblemError: _on_problem,
    HTTPException: _on_http_error,
    LoginEndedError: _on_login_ended,
    Exception: _on_error,
}
