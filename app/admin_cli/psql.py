"""`booking psql`: psql as booking_admin, with what makes it pleasant there."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from app.admin_cli.addresses import find_database_url, split_password
from app.admin_cli.programs import find_program

PSQLRC = Path(__file__).with_name("psqlrc")


class PsqlCommand(NamedTuple):
    """A program to become: its path, its arguments and its environment."""

    path: Path
    arguments: list[str]
    environment: dict[str, str]


def psql_command(home: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> PsqlCommand:
    """Return the psql to become, in UTC, as the API's answers are, unless PGTZ says otherwise. Raises AdminCliError."""
    path = find_program("psql")
    url, login = split_password(find_database_url("ADMIN_DATABASE_URL", "admin_database", home, environment))
    told = {"PSQLRC": str(PSQLRC), "PGTZ": environment.get("PGTZ") or "UTC", "PGAPPNAME": "booking psql"}
    # `--dbname` rather than a place of its own, so that nothing of the arguments is taken for the user's name
    return PsqlCommand(path, [str(path), f"--dbname={url}", *arguments], {**environment, **login, **told})
