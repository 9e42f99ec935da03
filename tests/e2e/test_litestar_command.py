"""The `litestar` command finds the app by itself, from the root of the repository."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers.databases import Database

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["routes"], "/api/appointments/appointments"),
        (["schema", "openapi", "--output", "/dev/stdout"], "book_appointment"),
        (["database", "show-current-revision"], "0002"),
    ],
)
async def test_it_finds_the_app(database: Database, arguments: list[str], expected: str) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if name != "LITESTAR_APP"},
        "SECRET_KEY": "x" * 32,
        "ALLOWED_HOSTS": "localhost",
        "DATABASE_URL": database.owner,
        "REDIS_URL": "redis://127.0.0.1:1",
    }
    command = [str(Path(sys.executable).parent / "litestar"), *arguments]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: ASYNC221, S603
    assert run.returncode == 0, run.stderr
    assert expected in run.stdout + run.stderr
