"""`./task check` runs the tests of changed files."""

from pathlib import Path

import pytest

from tests.support.changed_tests import find_tests

TESTS = [
    Path(path)
    for path in (
        "tests/db/a/test_book.py",
        "tests/api/a/test_book_races.py",
        "tests/api/a/test_booking.py",
        "tests/unit/test_x.py",
    )
]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("app/db/sql/appointments/book.sql", ["tests/api/a/test_book_races.py", "tests/db/a/test_book.py"]),
        ("app/domain/booking.py", ["tests/api/a/test_booking.py"]),
        ("tests/unit/test_x.py", ["tests/unit/test_x.py"]),
        ("docs/book.md", []),
        ("tests/support/book.py", []),
    ],
)
def test_the_find_tests_a_changed_file(changed: str, expected: list[str]) -> None:
    assert find_tests([Path(changed)], TESTS) == [Path(path) for path in expected]
