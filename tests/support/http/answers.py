"""Checks that many tests make of the API's responses."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx


def json_of(response: httpx.Response, status: int = 200) -> Any:
    """Check the status of a response; return its JSON."""
    assert response.status_code == status, response.text
    return response.json()


def assert_problem(response: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """Check that a response is a complete problem with this status and code; return it."""
    problem: dict[str, Any] = json_of(response, status)
    assert response.headers["content-type"] == "application/problem+json"
    assert all(isinstance(problem[name], str) and problem[name] for name in ("type", "title", "detail", "code"))
    assert problem["status"] == status
    assert code in (None, problem["code"]), problem
    return problem


def assert_invalid(response: httpx.Response, *fields: str) -> dict[str, Any]:
    """Check that a response names exactly these fields as invalid; return the problem."""
    problem = assert_problem(response, 400, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == list(fields), problem
    return problem


def only_success(responses: Sequence[httpx.Response], status: int, code: str) -> httpx.Response:
    """Check that one request succeeded and the others got this problem; return the response of the one."""
    (success,) = [response for response in responses if response.is_success]
    for response in responses:
        if response is not success:
            assert_problem(response, status, code)
    return success


def instant(text: str) -> datetime:
    """Read a time as the API writes it: ISO 8601 in UTC, with a Z."""
    assert text.endswith("Z"), text
    return datetime.fromisoformat(text).astimezone(UTC)
