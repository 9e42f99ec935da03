"""All configuration, read once from the environment. `.env.example` documents every variable."""

import os
from collections.abc import Callable, Iterator, Mapping
from email.utils import getaddresses
from functools import cache
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

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
    public_url: str = "http://localhost:8000"
    paypal_base_url: str = "https://api-m.paypal.com"
    paypal_client_id: str = ""
    paypal_client_secret: str = ""
    paypal_webhook_id: str = ""
    paypal_webhook_verification: Literal["offline", "paypal"] = "offline"
    paypal_certificates: str | None = None
    payment_return_url: str | None = None
    payment_cancel_url: str | None = None


class SettingsError(Exception):
    """The environment is not right; says everything that is wrong with it, a variable a line."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings from `environment`; an empty value counts as absent. Raises SettingsError with all mistakes."""
    given = {name: value for name, value in environment.items() if value}
    values: dict[str, Any] = {}
    mistakes = []
    for field in msgspec.structs.fields(Settings):
        name = field.encode_name
        if name in given:
            try:
                values[field.name] = msgspec.convert(given[name], field.type, strict=False)
            except msgspec.ValidationError as error:
                choices = get_args(field.type) if get_origin(field.type) is Literal else ()
                # what msgspec says names the type that is expected, and of a choice the value that was given
                mistakes.append(f"{name} must be one of {', '.join(choices)}" if choices else f"{name}: {error}")
        elif field.required:
            mistakes.append(f"{name} is missing")
    mistakes += _judge(values)
    if mistakes:
        raise SettingsError(mistakes)
    return Settings(**values)


def _judge(values: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with values that have the right type."""
    for name, (is_right, should) in CHECKS.items():
        if values.get(name) is not None and not is_right(values[name]):
            yield f"{name.upper()} {should}"
    if values.get("secret_key") == DEVELOPMENT_SECRET and not values.get("debug"):
        yield "SECRET_KEY is the development secret: set one of your own, or DEBUG=true"
    if not values.get("debug"):
        yield from _judge_payments(values)


def _judge_payments(values: dict[str, Any]) -> Iterator[str]:
    """Yield what of the payments is fit for development only, where no real money moves."""
    paypal = urlsplit(values.get("paypal_base_url", "https://"))
    if paypal.scheme == "http" or f".{paypal.hostname}".endswith(".sandbox.paypal.com"):
        yield "PAYPAL_BASE_URL is a sandbox: no real money would be paid; use https://api-m.paypal.com, or DEBUG=true"
    if values.get("paypal_certificates"):
        yield "PAYPAL_CERTIFICATES makes a sandbox's webhooks believed: remove it, or DEBUG=true"
    if values.get("paypal_client_id") and not values.get("public_url", "").startswith("https://"):
        yield "PUBLIC_URL must be the https:// address of this API: PayPal sends payers and webhooks there"


def _is_postgresql(url: str) -> bool:
    return urlsplit(url).scheme in {"postgresql", "postgres"}


def _is_web(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _is_one_sender(text: str) -> bool:
    addresses = [address for _, address in getaddresses([text])]
    return len(addresses) == 1 and all(addresses[0].rpartition("@"))


_WEB: tuple[Callable[[Any], bool], str] = (_is_web, "must be a URL like https://host")
_POSTGRESQL: tuple[Callable[[Any], bool], str] = (_is_postgresql, "must be a URL like postgresql://user@host/database")

CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "secret_key": (lambda key: len(key) >= 32, "must have at least 32 characters"),
    "database_url": _POSTGRESQL,
    "owner_database_url": _POSTGRESQL,
    "listen_database_url": _POSTGRESQL,
    "redis_url": (
        lambda url: urlsplit(url).scheme in {"redis", "rediss", "unix"},
        "must be a URL like redis://host:6379/0",
    ),
    "email_port": (lambda port: 0 < port < 65536, "must be a port, 1 to 65535"),
    "public_url": _WEB,
    "paypal_base_url": _WEB,
    "payment_return_url": _WEB,
    "payment_cancel_url": _WEB,
    "default_from_email": (_is_one_sender, "must be one sender, like Appointments <appointments@example.com>"),
}


@cache
def get_settings() -> Settings:
    """Return this process's settings. Raises SettingsError."""
    return read_settings(os.environ)
