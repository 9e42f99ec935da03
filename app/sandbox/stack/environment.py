"""Which real servers the operator's environment names, and what the API and the worker get to see of it."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from app.sandbox.errors import SandboxError

ONLY_WITH_DATABASE_URL = ("OWNER_DATABASE_URL", "ADMIN_DATABASE_URL", "LISTEN_DATABASE_URL")
ONLY_WITH_EMAIL_HOST = ("EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS")
ONLY_WITH_PAYPAL_BASE_URL = ("PAYPAL_CLIENT_ID", "PAYPAL_CLIENT_SECRET", "PAYPAL_WEBHOOK_ID", "PAYPAL_CERTIFICATES")


class ConfiguredServers(NamedTuple):
    """The real servers, each None if its embedded stand-in is to be started."""

    database: str | None
    owner_database: str | None
    admin_database: str | None
    redis: str | None
    email_host: str | None
    paypal: str | None


def read_configured_servers(environment: Mapping[str, str]) -> ConfiguredServers:
    """Read what `environment` gives; an empty value is none.

    Raises SandboxError if it gives the database to some roles and not to the API: we would not know which one.
    """
    alone = [name for name in ONLY_WITH_DATABASE_URL if environment.get(name)]
    if alone and not environment.get("DATABASE_URL"):
        raise SandboxError(f"{' and '.join(alone)} set without DATABASE_URL: set that, too, or none of them")
    return ConfiguredServers(
        database=environment.get("DATABASE_URL") or None,
        owner_database=environment.get("OWNER_DATABASE_URL") or None,
        admin_database=environment.get("ADMIN_DATABASE_URL") or None,
        redis=environment.get("REDIS_URL") or None,
        email_host=environment.get("EMAIL_HOST") or None,
        paypal=environment.get("PAYPAL_BASE_URL") or None,
    )


def base_environment(environment: Mapping[str, str], given: ConfiguredServers) -> dict[str, str]:
    """Return what every child may see: nothing that belongs to a server that an embedded one stands in for."""
    hidden = {"OWNER_DATABASE_URL", "ADMIN_DATABASE_URL"}
    if not given.email_host:
        hidden.update(ONLY_WITH_EMAIL_HOST)
    if not given.paypal:
        hidden.update(ONLY_WITH_PAYPAL_BASE_URL)
    kept = {name: value for name, value in environment.items() if name not in hidden}
    if not given.database:  # libpq's variables are about another server; ours has no TLS, so nobody need look for keys
        kept = {name: value for name, value in kept.items() if not name.startswith("PG")} | {"PGSSLMODE": "disable"}
    return kept | {"PYTHONUNBUFFERED": "1"}  # the logs are read while they are written


def bypass_proxy_locally(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what has httpx speak to 127.0.0.1 directly, where a proxy is configured for the world outside."""
    given = environment.get("no_proxy") or environment.get("NO_PROXY")
    return {"no_proxy": f"{given},127.0.0.1" if given else "127.0.0.1"}


def without_login(url: str) -> str:
    """Return `url` without user and password, to be shown."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
