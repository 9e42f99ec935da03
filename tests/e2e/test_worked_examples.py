"""The worked examples of docs/contributing: their diffs fit a copy of this project, and their commands succeed there."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from app.db.migrate import SCRIPTS

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "contributing").glob("*.md"))
PYTHON = {  # the tasks of the pages, without preparing a virtual environment
    "docs": ["-m app.domain.rule_answer", "-m tests.support.rules.reference"],
    "openapi": ["-m app.api.openapi.file"],
    "test": ["-m pytest -q -p no:cacheprovider"],
}


def blocks(page: Path, kind: str) -> str:
    """Return the code blocks of a kind, without their indentation."""
    found = re.findall(rf"^ *```{kind}\n(.*?)^ *```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return "".join(map(dedent, found))


def renumbered(diff: str) -> str:
    """Return a diff with its migrations renumbered to follow the newest one of the project."""
    newest = SCRIPTS.get_current_head()
    follows = re.search(r'^\+down_revision = "((\d{4})_\w+)"$', diff, re.MULTILINE)
    if not newest or not follows:
        return diff
    newer = int(newest[:4]) - int(follows[2])
    parts = diff.split(follows[1])
    return newest.join(
        re.sub(r"\b\d{4}(?=_[a-z])", lambda number: f"{int(number[0]) + newer:04}", part) for part in parts
    )


class Copy:
    """A copy of the project in which commands run with the servers of this test run."""

    def __init__(self, folder: Path, servers: dict[str, str]) -> None:
        self._folder = folder
        self._environment = {**os.environ, **servers, "PYTHONPATH": str(folder)}  # goes before the installed project
        listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        files = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603
        for name in files.splitlines():
            if (ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        self.run("git", "init", "--quiet")
        self.run("git", "add", "--all")
        imported = self.run(sys.executable, "-c", "import app, tests; print(app.__file__, tests.__file__)").split()
        assert imported == [str(folder / "app" / "__init__.py"), str(folder / "tests" / "__init__.py")]

    def run(self, *command: str, given: str = "", **environment: str) -> str:
        """Run a command; return its output. Fails if the command does."""
        where = {"cwd": self._folder, "env": self._environment | environment}
        run = subprocess.run(command, input=given, check=False, capture_output=True, text=True, **where)  # type: ignore[call-overload]  # noqa: S603
        assert run.returncode == 0, f"{shlex.join(command)}\n{run.stdout[-4000:]}\n{run.stderr[-4000:]}"
        return str(run.stdout)

    def do(self, line: str) -> None:
        """Run a line of a page's commands, such as `NAME=value ./task test -- tests/unit`."""
        before, _, after = line.partition("./task ")
        task, *arguments = shlex.split(after)
        for command in PYTHON[task]:
            environment = dict(setting.split("=") for setting in before.split())
            self.run(sys.executable, *command.split(), *arguments[1:], **environment)

    def changed(self) -> list[str]:
        """Return the changed and new files."""
        self.run("git", "add", "--intent-to-add", ".")
        return self.run("git", "diff", "--name-only").splitlines()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_example_is_complete(page: Path, tmp_path: Path, superuser: str, redis_url: str) -> None:
    copy = Copy(tmp_path, {"TEST_DATABASE_URL": superuser, "TEST_REDIS_URL": redis_url})
    diff = renumbered(blocks(page, "diff"))
    copy.run("git", "apply", "--exclude=CHANGELOG.md", given=diff)
    copy.run("git", "apply", "--include=CHANGELOG.md", "-C0", given=diff)  # its neighboring entries change often
    for line in blocks(page, "sh").splitlines():
        copy.do(line)
    changed = copy.changed()
    python = [name for name in changed if name.endswith(".py")]
    copy.run(sys.executable, "-m", "ruff", "check", *python)
    copy.run(sys.executable, "-m", "ruff", "format", "--check", *python)
    sql = [name for name in changed if name.startswith("app/db/sql/") and name != "app/db/sql/common/rule_answer.sql"]
    if sql:
        copy.run(sys.executable, "-m", "sqlfluff", "lint", *sql)
    if page.stem == "rule":
        assert len(changed) <= 8, changed


def test_the_pages() -> None:
    assert [page.stem for page in PAGES] == ["column", "mail", "operation", "rule"]
