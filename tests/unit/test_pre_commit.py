"""The pre-commit hooks run the project's own tools."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.sandbox.stack.service import ROOT


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with this project's hooks and tools."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)  # noqa: S603, S607
    for name in (".pre-commit-config.yaml", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    return tmp_path


@pytest.mark.parametrize(
    ("hook", "file", "text", "is_clean"),
    [
        ("format", "app/a.py", "a = 1\n", True),
        ("format", "app/a.py", "a=1\n", False),
        ("lint", "app/a.py", "a = 1\n", True),
        ("lint", "app/a.py", "import os.path as path, nothing\n", False),
        ("sql", "app/db/sql/a.sql", "SELECT 1 AS a;\n", True),
        ("sql", "app/db/sql/a.sql", "SELECT 1 as a;\n", False),
    ],
)
def test_a_hook_finds_a_mistake(repository: Path, hook: str, file: str, text: str, *, is_clean: bool) -> None:
    path = repository / file
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    subprocess.run(["git", "-C", repository, "add", file], check=True)  # noqa: S603, S607
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pre_commit", "run", hook, "--files", file],
        cwd=repository,
        env=os.environ | {"PRE_COMMIT_HOME": str(repository / "hooks")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (run.returncode == 0) == is_clean, run.stdout + run.stderr
