"""Where the database is: said by the environment, or told by the running sandbox; and how libpq gets to know it."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.admin_cli.errors import AdminCliError
from app.settings import CHECKS


def find_database_url(variable: str, key: str, home: Path, environment: Mapping[str, str]) -> str:
    """Return the URL in `variable`, or else what the `stack.json` of a running `booking up` on `home` has under `key`.

    Raises AdminCliError if neither is there, or if the URL is none.
    """
    given = environment.get(variable)
    if given:
        return require_postgresql_url(given, variable)
    try:
        told: str | None = json.loads((home / "stack.json").read_text())[key]
    except FileNotFoundError:
        raise AdminCliError(f"set {variable}, or start `booking up`: nothing is running on {home}") from None
    if not told:
        raise AdminCliError(f"the stack on {home} was given its database without {variable}: set that")
    return told


def require_postgresql_url(url: str, name: str) -> str:
    """Return a URL of PostgreSQL's. Raises AdminCliError if it is not one."""
    is_right, should = CHECKS["database_url"]
    if not is_right(url):
        raise AdminCliError(f"{name} {should}")
    return url


def split_password(url: str) -> tuple[str, dict[str, str]]:
    """Take the password out of a URL: a command line is everybody's to read, the environment is not."""
    parts = urlsplit(url)
    login, at, place = parts.netloc.rpartition("@")
    user, colon, password = login.partition(":")
    if not colon:
        return url, {}
    return parts._replace(netloc=f"{user}{at}{place}").geturl(), {"PGPASSWORD": unquote(password)}


def display_name(url: str) -> str:
    """Return the database's name and place, to be shown."""
    parts = urlsplit(url)
    return f"{parts.path.lstrip('/') or unquote(parts.username or '')} at {parts.netloc.rpartition('@')[2]}"
