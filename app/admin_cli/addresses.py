"""Finds the URL of the database, in the environment or in the sandbox's `stack.json`, and prepares it for libpq."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.admin_cli.errors import AdminCliError
from app.settings import CHECKS


def find_database_url(variable: str, key: str, home: Path, environment: Mapping[str, str]) -> str:
    """Return the URL in `variable`, or else the one under `key` in the `stack.json` of a running `booking up`.

    Raises AdminCliError if both are missing, or if the URL is invalid.
    """
    given = environment.get(variable)
    if given:
        return require_postgresql_url(given, variable)
    try:
        published: str | None = json.loads((home / "stack.json").read_text())[key]
    except FileNotFoundError:
        raise AdminCliError(f"no stack is running on {home}: set {variable}, or start `booking up`") from None
    if not published:
        raise AdminCliError(f"the stack on {home} uses your own database: set {variable}")
    return published


def require_postgresql_url(url: str, name: str) -> str:
    """Return `url` if it is a PostgreSQL URL. Raises AdminCliError otherwise, naming it `name`."""
    is_right, should = CHECKS["database_url"]
    if not is_right(url):
        raise AdminCliError(f"{name} {should}")
    return url


def split_password(url: str) -> tuple[str, dict[str, str]]:
    """Return the URL without its password, and an environment with the password.

    Other users can read a process's command line, but not its environment.
    """
    parts = urlsplit(url)
    login, at, place = parts.netloc.rpartition("@")
    user, colon, password = login.partition(":")
    if not colon:
        return url, {}
    return parts._replace(netloc=f"{user}{at}{place}").geturl(), {"PGPASSWORD": unquote(password)}


def display_name(url: str) -> str:
    """Return the database's name and address for messages, without the password."""
    parts = urlsplit(url)
    return f"{parts.path.lstrip('/') or unquote(parts.username or '')} at {parts.netloc.rpartition('@')[2]}"
