"""Compares the tests with those of an earlier commit: `./task inventory -- COMMIT`.

Every test of that commit must still exist, under its own id or under the id that `inventory_moves.tsv` gives. Otherwise
that file must say why the test was removed. The numbers of mutants, proofs and interleavings must not fall.
Exits with 1 if one of these is not so.

A line of `inventory_moves.tsv` gives the old and the new id of a file, of a test function with all its parameters, or of
one parametrized test. A test that moved twice has two lines.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
MOVES = Path(__file__).with_name("inventory_moves.tsv")
REMOVED = "removed: "  # replaces an id, before the reason
BY_PATH = "::test_no_port_is_fixed["  # is parametrized by the paths of the files in tests/
INTERLEAVINGS = "::test_a_pair["
# Runs in either tree. The second imports are for commits before the tests were moved.
COUNT = """
import asyncio, json, sys
import asyncpg
try:
    from tests.robustness.mutation.mutants import mutants
    from tests.support.db.schema_dump import migrated
    from tests.support.rules.proofs import proofs
except ImportError:
    from app.db.dump import migrated
    from tests.mutants import mutants
    from tests.proofs import proofs

async def count():
    async with migrated() as url:
        db = await asyncpg.connect(url)
        found = await mutants(db)
        await db.close()
    return len(found)

counts = {"proofs": sum(map(len, proofs().values())), "mutants": asyncio.run(count())}
print(json.dumps(counts), file=sys.stderr)
"""


class Inventory(NamedTuple):
    """The ids of a tree's tests, and the numbers of mutants, proofs and interleavings."""

    tests: set[str]
    counts: dict[str, int]


def taken(tree: Path) -> Inventory:
    """Return the inventory of a tree. Raises CalledProcessError if its tests cannot be collected."""
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    tests = set()
    for folder in ("tests", "tests/system"):  # the first does not include the second
        if (tree / folder).exists():
            printed = subprocess.run([*collect, folder], cwd=tree, check=True, capture_output=True, text=True).stdout  # noqa: S603
            tests |= {line for line in printed.splitlines() if "::" in line}
    count = [sys.executable, "-c", COUNT]
    counted = subprocess.run(count, cwd=tree, check=True, capture_output=True, text=True)  # noqa: S603
    counts = json.loads(counted.stderr.splitlines()[-1])
    return Inventory(tests, {**counts, "interleavings": sum(INTERLEAVINGS in test for test in tests)})


def read_moves() -> dict[str, str]:
    """Return the new ids by old id."""
    lines = MOVES.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))


def moved(test: str, moves: dict[str, str]) -> str:
    """Return the id that a test has now, after all its moves."""
    seen = set()
    while test not in seen and not test.startswith(REMOVED):
        seen.add(test)
        test = moved_once(test, moves)
    return test


def moved_once(test: str, moves: dict[str, str]) -> str:
    """Return the id after one move: of the test itself, else of its function, else of its file."""
    file, _, name = test.partition("::")
    function, bracket, parameters = test.partition("[")
    if test in moves:
        return moves[test]
    if function in moves:
        new = moves[function]
        return new if new.startswith(REMOVED) else f"{new}{bracket}{parameters}"
    if BY_PATH in test:
        before, _, path = name.rstrip("]").partition("[")
        name = f"{before}[{moves.get(f'tests/{path}', f'tests/{path}').removeprefix('tests/')}]"
    return f"{moves.get(file, file)}::{name}"


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Yield a folder with the files of a commit."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), commit], check=True)  # noqa: S603
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)  # noqa: S603


def main(commit: str) -> int:
    """Print the lost tests and the counts. Return the exit status."""
    moves = read_moves()
    with checked_out(commit) as tree:
        before = taken(tree)
    now = taken(ROOT)
    wanted = {test: moved(test, moves) for test in before.tests}
    removed = {test: place for test, place in wanted.items() if place.startswith(REMOVED)}
    lost = sorted({place for test, place in wanted.items() if test not in removed} - now.tests)
    counted = f"{len(before.tests)} before, {len(now.tests)} now, {len(removed)} removed, {len(lost)} lost"
    print(f"tests: {counted}")  # noqa: T201
    for test, reason in sorted(removed.items()):
        print(f"  {test}: {reason}")  # noqa: T201
    for test in lost:
        print(f"  lost: {test}")  # noqa: T201
    fewer = [name for name, count in before.counts.items() if now.counts[name] < count]
    for name, count in before.counts.items():
        print(f"{name}: {count} before, {now.counts[name]} now")  # noqa: T201
    return 1 if lost or fewer else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
