"""All configuration, read once from the environment. `.env.example` documents every variable."""

import os
from collections.abc import Mapping
from functools import cache

import msgspec

DEVELOPMENT_SECRET = "development-only-secret-never-use-it-in-production"  # noqa: S105  refused unless DEBUG


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """What the environment says; a field's variable is its name in capitals."""

    secret_key: str
    debug: bool = False
    database_url: str
    owner_database_url: str | None = None
    listen_database_url: str | None = None
    redis_url: str
    email_host: str = "localhost"
    email_port: int = 25
    email_host_user: str = ""
    email_host_password: str = ""
    email_use_tls: bool = False
    default_from_email: str = "Appointments <appointments@localhost>"

    def __post_init__(self) -> None:
        if self.secret_key == DEVELOPMENT_SECRET and not self.debug:
            raise ValueError("SECRET_KEY is the development secret; set one of your own, or DEBUG=true")
        if len(self.secret_key) < 32:
            raise ValueError("SECRET_KEY must have at least 32 characters")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings from `environment`; an empty value counts as absent.

    Raises msgspec.ValidationError, with the variable's name, if one is missing or not of its type.
    """
    return msgspec.convert({k: v for k, v in environment.items() if v}, Settings, strict=False)


@cache
def get_settings() -> Settings:
    """Return this process's settings."""
    return read_settings(os.environ)
