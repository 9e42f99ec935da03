"""Collects the tests that prove each rule, by their marks `@pytest.mark.proves("<rule>", ...)`."""

import contextlib
import io
import re
from pathlib import Path

import pytest

DATABASE_TESTS = Path(__file__).parents[2] / "db"
MARKS = re.compile(r"mark\.proves|\bbroken\(")  # a mark, or broken() of refusals.py, which adds one


class Proofs:
    """A pytest plugin that records the marks of the collected tests."""

    def __init__(self) -> None:
        self.tests: dict[str, list[str]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("proves"):
                for name in mark.args:
                    self.tests.setdefault(name, []).append(item.nodeid)


def files(folder: Path = DATABASE_TESTS) -> list[str]:
    """Return the files in a folder that contain such tests."""
    return [str(path) for path in sorted(folder.rglob("test_*.py")) if MARKS.search(path.read_text("utf-8"))]


def proofs(folder: Path = DATABASE_TESTS) -> dict[str, list[str]]:
    """Return the node ids of the tests in a folder that prove each rule or trigger.

    Imports the tests, so it must not be called within a running pytest. Raises ValueError if the collection fails.
    """
    found, output = Proofs(), io.StringIO()
    with contextlib.redirect_stdout(output):
        code = pytest.main(
            ["--collect-only", "-q", "--assert=plain", "-p", "no:cacheprovider", *files(folder)], plugins=[found]
        )
    if code != pytest.ExitCode.OK:
        raise ValueError(output.getvalue())
    return found.tests
