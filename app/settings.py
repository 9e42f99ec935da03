"""The settings, read once from the environment. `.env.example` documents every variable."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from email.utils import getaddresses
from functools import cache
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

import msgspec
from limits import parse

DEVELOPMENT_SECRET = "development-only-secret-never-use-it-in-production"  # noqa: S105  refused unless DEBUG


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """The settings. The environment variable of a field is its name in capitals."""

    secret_key: str
    debug: bool = False
    allowed_hosts: str = ""
    database_url: str
    owner_database_url: str | None = None
    listen_database_url: str | None = None
    redis_url: str
    request_seconds: float = 20
    email_host: str = "localhost"
    email_port: int = 25
    email_host_user: str = ""
    email_host_password: str = ""
    email_use_tls: bool = False
    email_connections: int = 10
    email_locale: str = "en"
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
    email_verification_url: str | None = None
    password_reset_url: str | None = None
    cors_origins: str = ""
    rate_limit: str = "600/minute"
    rate_limit_login: str = "10/minute"
    rate_limit_login_address: str = "300/minute"
    rate_limit_register: str = "60/hour"

    @property
    def origins(self) -> list[str]:
        """The origins in CORS_ORIGINS."""
        return list(filter(None, split_list(self.cors_origins)))

    @property
    def hosts(self) -> frozenset[str]:
        """The names in ALLOWED_HOSTS, in lower case. Empty: any host is allowed, which requires DEBUG."""
        names = split_list(self.allowed_hosts)
        return frozenset() if "*" in names else frozenset(filter(None, names))


class SettingsError(Exception):
    """The environment is invalid. The message lists all mistakes, one on each line."""

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
                # msgspec's message names the expected type, but for a choice it quotes the value instead
                mistakes.append(f"{name} must be one of {', '.join(choices)}" if choices else f"{name}: {error}")
        elif field.required:
            mistakes.append(f"{name} is missing")
    mistakes += _validate(values)
    if mistakes:
        raise SettingsError(mistakes)
    return Settings(**values)


def read_owner_database_url(environment: Mapping[str, str]) -> str:
    """Read OWNER_DATABASE_URL, the only setting that a migration needs. Raises SettingsError."""
    url = environment.get("OWNER_DATABASE_URL", "")
    is_right, should = CHECKS["owner_database_url"]
    if not url:
        raise SettingsError(["OWNER_DATABASE_URL is missing: migrations run as the owner of the database"])
    if not is_right(url):
        raise SettingsError([f"OWNER_DATABASE_URL {should}"])
    return url


def _validate(values: dict[str, Any]) -> Iterator[str]:
    """Yield the mistakes in values that have the right type."""
    for name, (is_right, should) in CHECKS.items():
        if values.get(name) is not None and not is_right(values[name]):
            yield f"{name.upper()} {should}"
    if values.get("secret_key") == DEVELOPMENT_SECRET and not values.get("debug"):
        yield "SECRET_KEY is the development secret: set your own, or set DEBUG=true"
    if not values.get("debug"):
        yield from _validate_hosts(values)
        yield from _validate_payments(values)


def _validate_hosts(values: dict[str, Any]) -> Iterator[str]:
    """Yield the mistakes in ALLOWED_HOSTS. Without DEBUG the list is required, against forged Host headers."""
    if "allowed_hosts" not in values:
        yield "ALLOWED_HOSTS is missing"
    elif "*" in split_list(values["allowed_hosts"]):
        yield "ALLOWED_HOSTS allows any host: list the host names of this API, or set DEBUG=true"


def _validate_payments(values: dict[str, Any]) -> Iterator[str]:
    """Yield the payment settings that require DEBUG, because no real money moves with them."""
    paypal = urlsplit(values.get("paypal_base_url", "https://"))
    if paypal.scheme == "http" or f".{paypal.hostname}".endswith(".sandbox.paypal.com"):
        yield "PAYPAL_BASE_URL is a sandbox without real money: use https://api-m.paypal.com, or set DEBUG=true"
    if values.get("paypal_certificates"):
        yield "PAYPAL_CERTIFICATES accepts the webhooks of a sandbox: remove it, or set DEBUG=true"
    if values.get("paypal_client_id") and not values.get("public_url", "").startswith("https://"):
        yield "PUBLIC_URL must be the https:// address of this API: PayPal sends payers and webhooks there"


def split_list(text: str) -> list[str]:
    """Return the names in a comma-separated list, in lower case."""
    return [name.strip().lower() for name in text.split(",")]


def _are_hosts(text: str) -> bool:
    return all(name == "*" or HOST.fullmatch(name) for name in split_list(text))


def _is_url_of(*schemes: str) -> Callable[[str], bool]:
    """Return a check for URLs with one of `schemes`.

    A driver could parse a malformed URL wrongly, and then quote its password in an error.
    """

    def is_right(url: str) -> bool:
        try:
            parts = urlsplit(url)
        except ValueError:  # unbalanced brackets
            return False
        places = parts.netloc.rpartition("@")[2].split(",")  # a PostgreSQL URL can list several hosts
        return parts.scheme in schemes and all(map(PLACE.fullmatch, places))

    return is_right


def _is_web(url: str) -> bool:
    return _is_url_of("http", "https")(url) and bool(urlsplit(url).hostname)


def _are_origins(text: str) -> bool:
    origins = filter(None, split_list(text))
    return all(_is_web(origin) and origin == urlsplit(origin)._replace(path="").geturl() for origin in origins)


def _is_rate(text: str) -> bool:
    try:
        return parse(text).amount > 0
    except ValueError:
        return False


def _is_one_sender(text: str) -> bool:
    addresses = [address for _, address in getaddresses([text])]
    return len(addresses) == 1 and all(addresses[0].rpartition("@"))


_WEB: tuple[Callable[[Any], bool], str] = (_is_web, "must be a URL like https://host")
_ESCAPED = "with / # ? in its password escaped as %2F %23 %3F"
_RATE: tuple[Callable[[Any], bool], str] = (_is_rate, "must be a number per period, like 10/minute")
_POSTGRESQL: tuple[Callable[[Any], bool], str] = (
    _is_url_of("postgresql", "postgres"),
    f"must be a URL like postgresql://user@host/database, {_ESCAPED}",
)

HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")
PLACE = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(:[0-9]{0,5})?")

CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "secret_key": (lambda key: len(key) >= 32, "must have at least 32 characters"),
    "allowed_hosts": (_are_hosts, "must be host names without scheme or port, separated by commas"),
    "cors_origins": (_are_origins, "must be origins like https://clinic.example.com, separated by commas"),
    "database_url": _POSTGRESQL,
    "owner_database_url": _POSTGRESQL,
    "listen_database_url": _POSTGRESQL,
    "request_seconds": (lambda seconds: seconds >= 1, "must be at least 1"),
    "redis_url": (
        _is_url_of("redis", "rediss", "unix"),
        f"must be a URL like redis://host:6379/0, {_ESCAPED}",
    ),
    "email_port": (lambda port: 0 < port < 65536, "must be a port, 1 to 65535"),
    "email_connections": (lambda number: number > 0, "must be at least 1"),
    "rate_limit": _RATE,
    "rate_limit_login": _RATE,
    "rate_limit_login_address": _RATE,
    "rate_limit_register": _RATE,
    "public_url": _WEB,
    "paypal_base_url": _WEB,
    "payment_return_url": _WEB,
    "payment_cancel_url": _WEB,
    "email_verification_url": _WEB,
    "password_reset_url": _WEB,
    "default_from_email": (_is_one_sender, "must be one sender, like Appointments <appointments@example.com>"),
}


@cache
def get_settings() -> Settings:
    """Return the settings of this process. Raises SettingsError."""
    return read_settings(os.environ)
