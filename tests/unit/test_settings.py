"""Settings are read from the environment, and all mistakes are reported at once."""

import os
import subprocess
import sys

import pytest

from app.settings import DEVELOPMENT_SECRET, SettingsError, read_settings

RIGHT = {
    "SECRET_KEY": "x" * 32,
    "ALLOWED_HOSTS": "clinic.example.com",
    "DATABASE_URL": "postgresql://booking_app@localhost/booking",
    "REDIS_URL": "redis://localhost:6379/0",
}
WRONG = {
    "SECRET_KEY": ("short", "at least 32 characters"),
    "DEBUG": ("perhaps", "DEBUG"),
    "ALLOWED_HOSTS": ("https://clinic.example.com", "without scheme or port"),
    "DATABASE_URL": ("mysql://localhost/booking", "postgresql://"),
    "OWNER_DATABASE_URL": ("booking", "postgresql://"),
    "LISTEN_DATABASE_URL": ("http://localhost", "postgresql://"),
    "REDIS_URL": ("localhost:6379", "redis://"),
    "EMAIL_PORT": ("70000", "1 to 65535"),
    "EMAIL_USE_TLS": ("2", "EMAIL_USE_TLS"),
    "CORS_ORIGINS": ("https://clinic.example.com/app", "separated by commas"),
    "RATE_LIMIT": ("often", "10/minute"),
    "RATE_LIMIT_LOGIN": ("0/second", "10/minute"),
    "RATE_LIMIT_LOGIN_ADDRESS": ("many", "10/minute"),
    "RATE_LIMIT_REGISTER": ("-1/second", "10/minute"),
    "PUBLIC_URL": ("localhost:8000", "https://host"),
    "PAYPAL_BASE_URL": ("ftp://api-m.paypal.com", "https://host"),
    "PAYPAL_WEBHOOK_VERIFICATION": ("never", "one of offline, paypal"),
    "PAYMENT_RETURN_URL": ("/paid", "https://host"),
    "PAYMENT_CANCEL_URL": ("/not-paid", "https://host"),
    "DEFAULT_FROM_EMAIL": ("a@example.com, b@example.com", "one sender"),
}


def run_command(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-m", "app.cli", command]
    return subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)  # noqa: S603


def test_all_mistakes_are_reported_at_once_without_their_values() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({name: value for name, (value, _) in WRONG.items()})
    lines = str(caught.value).splitlines()
    assert len(lines) == len(WRONG)
    for name, (value, hint) in WRONG.items():
        (line,) = (line for line in lines if line.split()[0].rstrip(":") == name)
        assert hint in line
        assert value not in line


@pytest.mark.parametrize("name", RIGHT)
def test_a_missing_or_empty_variable_is_named(name: str) -> None:
    for environment in ({k: v for k, v in RIGHT.items() if k != name}, RIGHT | {name: ""}):
        with pytest.raises(SettingsError, match=f"^{name} is missing$"):
            read_settings(environment)


def test_the_development_secret_is_for_development_only() -> None:
    with pytest.raises(SettingsError, match="development secret"):
        read_settings(RIGHT | {"SECRET_KEY": DEVELOPMENT_SECRET})
    assert read_settings(RIGHT | {"SECRET_KEY": DEVELOPMENT_SECRET, "DEBUG": "true"}).debug


@pytest.mark.parametrize("value", ["*", "clinic.example.com,*", " * "])
def test_production_requires_explicit_hosts(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^ALLOWED_HOSTS allows any host"):
        read_settings(RIGHT | {"ALLOWED_HOSTS": value})
    for name in (value, ""):
        assert read_settings(RIGHT | {"ALLOWED_HOSTS": name, "DEBUG": "true"}).hosts == frozenset()


@pytest.mark.parametrize("value", ["*.example.com", "clinic.example.com:443", "a b", ",", "a,,b", "::1", "a/b", "a@b"])
def test_an_invalid_host_is_reported(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^ALLOWED_HOSTS must be host names"):
        read_settings(RIGHT | {"ALLOWED_HOSTS": value})


def test_several_hosts_may_be_named() -> None:
    settings = read_settings(RIGHT | {"ALLOWED_HOSTS": "Clinic.example.com, 10.0.0.7,[::1]"})
    assert settings.hosts == {"clinic.example.com", "10.0.0.7", "[::1]"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://app:s3/cret@localhost/booking"),
        ("DATABASE_URL", "postgresql://app:s3[cret@localhost/booking"),
        ("REDIS_URL", "redis://:s3#cret@localhost:6379/0"),
        ("REDIS_URL", "redis://:s3?cret@localhost:6379/0"),
    ],
)
def test_an_unescaped_password_is_reported_and_not_quoted(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must be a URL") as caught:
        read_settings(RIGHT | {name: value})
    assert "s3" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "problem"),
    [("", "is missing"), ("postgresql://owner:s3/cret@localhost/booking", "must be a URL like")],
)
def test_a_migration_requires_the_owners_url(url: str, problem: str) -> None:
    run = run_command("migrate", os.environ | {"OWNER_DATABASE_URL": url})
    assert run.returncode == 1
    assert run.stderr.splitlines()[1].startswith(f"OWNER_DATABASE_URL {problem}")
    assert "s3" not in run.stderr


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:s3%2Fcret@one:5432,two:5433/booking",
        "postgresql://app@[::1]:5432/booking",
        "postgresql:///booking?host=/run/postgresql",
    ],
)
def test_urls_of_libpq_are_accepted(url: str) -> None:
    assert read_settings(RIGHT | {"DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAYPAL_BASE_URL", "https://api-m.sandbox.paypal.com"),
        ("PAYPAL_BASE_URL", "https://sandbox.paypal.com"),
        ("PAYPAL_BASE_URL", "http://api-m.paypal.com"),
        ("PAYPAL_CERTIFICATES", "/tmp/certificates.json"),  # noqa: S108  never opened
        ("PUBLIC_URL", "http://clinic.example.com"),
    ],
)
def test_paypals_sandbox_is_for_development_only(name: str, value: str) -> None:
    environment = RIGHT | {"PAYPAL_CLIENT_ID": "id", "PUBLIC_URL": "https://clinic.example.com", name: value}
    with pytest.raises(SettingsError, match=f"^{name} [^\n]*$"):
        read_settings(environment)
    assert read_settings(environment | {"DEBUG": "true"}).debug


@pytest.mark.parametrize("command", ["api", "worker"])
def test_a_command_reports_all_mistakes_and_nothing_else(command: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in RIGHT} | {"DEBUG": "x"}
    run = run_command(command, environment)
    assert run.returncode == 1
    assert run.stderr.splitlines()[0].startswith("Error: ")
    assert {line.split()[0].rstrip(":") for line in run.stderr.splitlines()[1:]} == {*RIGHT, "DEBUG"}
