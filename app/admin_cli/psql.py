"""`booking psql`: psql as booking_admin, with suitable settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from app.admin_cli.addresses import find_database_url, split_password
from app.admin_cli.programs import find_program

PSQLRC = Path(__file__).with_name("psqlrc")


class PsqlCommand(NamedTuple):
    """The program that replaces this process: its path, arguments and environment."""

    path: Path
    arguments: list[str]
    environment: dict[str, str]


def psql_command(home: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> PsqlCommand:
    """Return the psql command. Its time zone is PGTZ, or UTC as in the API's answers. Raises AdminCliError."""
    path = find_program("psql")
    url, login = split_password(find_database_url("ADMIN_DATABASE_URL", "admin_database", home, environment))
    settings = {"PSQLRC": str(PSQLRC), "PGTZ": environment.get("PGTZ") or "UTC", "PGAPPNAME": "booking psql"}
    # `--dbname` instead of a positional argument: psql would take the next positional argument for the user name
    return PsqlCommand(path, [str(path), f"--dbname={url}", *arguments], {**environment, **login, **settings})
