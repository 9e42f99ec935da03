"""Reads the operator's environment: which real servers it configures, and which variables the children inherit."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from app.sandbox.errors import SandboxError

ONLY_WITH_DATABASE_URL = ("OWNER_DATABASE_URL", "ADMIN_DATABASE_URL", "LISTEN_DATABASE_URL")
ONLY_WITH_EMAIL_HOST = ("EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS")
ONLY_WITH_PAYPAL_BASE_URL = ("PAYPAL_CLIENT_ID", "PAYPAL_CLIENT_SECRET", "PAYPAL_WEBHOOK_ID", "PAYPAL_CERTIFICATES")


class ConfiguredServers(NamedTuple):
    """The URLs of the configured servers. None means that an embedded server is started instead."""

    database: str | None
    owner_database: str | None
    admin_database: str | None
    redis: str | None
    email_host: str | None
    paypal: str | None


def read_configured_servers(environment: Mapping[str, str]) -> ConfiguredServers:
    """Read the configured servers. An empty value counts as missing.

    Raises SandboxError if a database URL of another role is set without DATABASE_URL.
    """
    alone = [name for name in ONLY_WITH_DATABASE_URL if environment.get(name)]
    if alone and not environment.get("DATABASE_URL"):
        raise SandboxError(f"{' and '.join(alone)} set without DATABASE_URL: set DATABASE_URL too, or none of them")
    return ConfiguredServers(
        database=environment.get("DATABASE_URL") or None,
        owner_database=environment.get("OWNER_DATABASE_URL") or None,
        admin_database=environment.get("ADMIN_DATABASE_URL") or None,
        redis=environment.get("REDIS_URL") or None,
        email_host=environment.get("EMAIL_HOST") or None,
        paypal=environment.get("PAYPAL_BASE_URL") or None,
    )


def base_environment(environment: Mapping[str, str], given: ConfiguredServers) -> dict[str, str]:
    """Return the variables for all children, without those of servers that are replaced by embedded ones."""
    hidden = {"OWNER_DATABASE_URL", "ADMIN_DATABASE_URL"}
    if not given.email_host:
        hidden.update(ONLY_WITH_EMAIL_HOST)
    if not given.paypal:
        hidden.update(ONLY_WITH_PAYPAL_BASE_URL)
    kept = {name: value for name, value in environment.items() if name not in hidden}
    if not given.database:  # libpq's variables mean another server; the embedded one has no TLS
        kept = {name: value for name, value in kept.items() if not name.startswith("PG")} | {"PGSSLMODE": "disable"}
    return kept | {"PYTHONUNBUFFERED": "1"}  # log lines appear immediately


def bypass_proxy_locally(environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables that make httpx connect to 127.0.0.1 directly, even if a proxy is configured."""
    given = environment.get("no_proxy") or environment.get("NO_PROXY")
    return {"no_proxy": f"{given},127.0.0.1" if given else "127.0.0.1"}


def without_login(url: str) -> str:
    """Return `url` without user, password and query, for display."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
