"""Which of PostgreSQL's programs is taken where there are several, of other versions than the server's."""

from pathlib import Path

import pytest

from app.admin_cli.errors import AdminCliError
from app.admin_cli.programs import find_program, find_program_for, major_version

WHEELS = 18


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system whose programs are of PostgreSQL 16, while the wheel's are of 18."""
    for name in ("psql", "pg_dump"):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) 16.4 (Debian 16.4-1.pgdg120+1)'\n")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_psql_is_the_systems(system: Path) -> None:
    assert find_program("psql") == system / "psql"


@pytest.mark.parametrize("server", [15, 16])
def test_the_oldest_that_knows_the_server_dumps_it(system: Path, server: int) -> None:
    assert find_program_for("pg_dump", server) == system / "pg_dump"


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("server", [17, 18])
def test_the_wheels_knows_what_the_systems_does_not(server: int) -> None:
    assert major_version(find_program_for("pg_dump", server)) == WHEELS


@pytest.mark.usefixtures("system")
def test_a_server_that_none_knows_is_said() -> None:
    with pytest.raises(AdminCliError) as caught:
        find_program_for("pg_dump", 19)
    assert str(caught.value).startswith(
        "the server is PostgreSQL 19, but this machine has pg_dump 16, pg_dump 18: install PostgreSQL's client programs"
    )


@pytest.mark.usefixtures("system")
def test_what_is_nowhere_is_said() -> None:
    with pytest.raises(AdminCliError, match="pg_nothing was not found: install PostgreSQL's client programs"):
        find_program("pg_nothing")
