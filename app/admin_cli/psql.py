"""`booking psql`: psql as booking_admin, with what makes it pleasant there."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from app.admin_cli.addresses import address, for_libpq
from app.admin_cli.programs import program

PSQLRC = Path(__file__).with_name("psqlrc")


class Shell(NamedTuple):
    """A program to become: its path, its arguments and its environment."""

    path: Path
    arguments: list[str]
    environment: dict[str, str]


def shell(home: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> Shell:
    """Return the psql to become, in UTC, as the API's answers are, unless PGTZ says otherwise. Raises PsqlError."""
    path = program("psql")
    url, login = for_libpq(address("ADMIN_DATABASE_URL", "admin_database", home, environment))
    told = {"PSQLRC": str(PSQLRC), "PGTZ": environment.get("PGTZ") or "UTC", "PGAPPNAME": "booking psql"}
    # `--dbname` rather than a place of its own, so that nothing of the arguments is taken for the user's name
    return Shell(path, [str(path), f"--dbname={url}", *arguments], {**environment, **login, **told})
