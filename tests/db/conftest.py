"""Fixtures of the database tests."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

pytest.register_assert_rewrite("tests.db.model_story")  # so that it says in which row the two sides differ


@pytest.fixture
def run_async(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine from a synchronous test, which Hypothesis needs, on the loop that the connections belong to."""
    runner: asyncio.Runner = request.getfixturevalue("_session_scoped_runner")
    return runner.run
