"""What answers of the API have in common."""

from datetime import UTC, datetime
from typing import Any

import httpx


def assert_problem(response: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """Check that an answer is a complete problem of this status and code; return it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert all(isinstance(problem[name], str) and problem[name] for name in ("type", "title", "detail", "code"))
    assert problem["status"] == status
    assert code in (None, problem["code"]), problem
    return problem


def instant(text: str) -> datetime:
    """Read a time as the API writes them: ISO 8601 in UTC, with a Z."""
    assert text.endswith("Z"), text
    return datetime.fromisoformat(text).astimezone(UTC)
