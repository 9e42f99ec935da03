"""Prints the test files of uncommitted changes: changed test files, and `test_X.py` for each changed file named X or X_..."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
GIT = ("git", "-C", str(ROOT))


def changed_files() -> list[Path]:
    """Return the files that differ from the last commit, and new files that git does not ignore."""
    commands = ("diff", "--name-only", "--diff-filter=d", "HEAD"), ("ls-files", "--others", "--exclude-standard")
    printed = (subprocess.run([*GIT, *command], check=True, capture_output=True, text=True) for command in commands)  # noqa: S603
    return [Path(line) for run in printed for line in run.stdout.splitlines()]


def find_tests(changed: Iterable[Path], tests: Iterable[Path]) -> list[Path]:
    """Return those tests that are changed themselves or bear the name of a changed file in app/."""
    changed = list(changed)
    names = {f"test_{path.stem}" for path in changed if path.parts[0] == "app" and path.suffix in {".py", ".sql"}}
    return sorted(
        test for test in tests if test in changed or any(f"{test.stem}_".startswith(f"{name}_") for name in names)
    )


if __name__ == "__main__":
    tests = (path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py") if path.parent.name != "system")
    print(*find_tests(changed_files(), tests))  # noqa: T201
