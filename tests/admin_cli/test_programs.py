"""The choice among several versions of PostgreSQL's client programs."""

from pathlib import Path

import pytest

from app.admin_cli.errors import AdminCliError
from app.admin_cli.programs import find_program, find_program_for, major_version

WHEELS = 18


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system with the programs of PostgreSQL 16; the wheel has those of 18."""
    for name in ("psql", "pg_dump"):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) 16.4 (Debian 16.4-1.pgdg120+1)'\n")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_psql_of_the_system_comes_first(system: Path) -> None:
    assert find_program("psql") == system / "psql"


@pytest.mark.parametrize("server", [15, 16])
def test_the_oldest_sufficient_pg_dump_is_taken(system: Path, server: int) -> None:
    assert find_program_for("pg_dump", server) == system / "pg_dump"


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("server", [17, 18])
def test_pg_dump_of_the_wheel_is_taken_for_newer_servers(server: int) -> None:
    assert major_version(find_program_for("pg_dump", server)) == WHEELS


@pytest.mark.usefixtures("system")
def test_a_server_too_new_for_every_program_is_an_error() -> None:
    with pytest.raises(AdminCliError) as caught:
        find_program_for("pg_dump", 19)
    assert str(caught.value).startswith(
        "the server is PostgreSQL 19, but this machine has pg_dump 16, pg_dump 18: install PostgreSQL's client programs"
    )


@pytest.mark.usefixtures("system")
def test_a_missing_program_is_an_error() -> None:
    with pytest.raises(AdminCliError, match="pg_nothing was not found: install PostgreSQL's client programs"):
        find_program("pg_nothing")
