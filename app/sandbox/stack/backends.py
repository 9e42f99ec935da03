"""The servers that the API and the worker need: the configured ones, or embedded ones instead."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from app.sandbox.files import secret
from app.sandbox.paypal.server import PayPalStandIn
from app.sandbox.servers.database import create_database, disable_doctor_verification, dsn_of, set_passwords
from app.sandbox.servers.postgres import EmbeddedPostgres
from app.sandbox.servers.process import Child
from app.sandbox.servers.redis import EmbeddedRedis
from app.sandbox.servers.wheels import wheel_folder
from app.sandbox.stack.component import Component, start_component, stop_component
from app.sandbox.stack.environment import base_environment, bypass_proxy_locally, read_configured_servers, without_login
from app.sandbox.stack.service import booking_command
from app.sandbox.stack.view import View

if TYPE_CHECKING:
    from app.sandbox.mailbox.server import Mailbox

WEBHOOKS = "/api/payments/webhooks/paypal/"

# All clients share one address here, and demos and tests send many requests.
HIGH_RATE_LIMITS = dict.fromkeys(
    ("RATE_LIMIT", "RATE_LIMIT_LOGIN", "RATE_LIMIT_LOGIN_ADDRESS", "RATE_LIMIT_REGISTER"), "100000/minute"
)


class Backends:
    """PostgreSQL with its schema, Redis, a mail server and PayPal."""

    def __init__(self, home: Path, environment: Mapping[str, str], view: View) -> None:
        self._given = read_configured_servers(environment)
        self.postgres = None if self._given.database else EmbeddedPostgres(home)
        self.redis = None if self._given.redis else EmbeddedRedis(home)
        self.mailbox = None if self._given.email_host else _mailbox()
        self.paypal = None if self._given.paypal else PayPalStandIn(home)
        self.migration = Child("migrate", home)
        self._home = home
        self._environment = base_environment(environment, self._given)
        self._view = view

    @property
    def database_url(self) -> str:
        """The URL of the database for the API and the worker."""
        return dsn_of(self.postgres, "booking_app") if self.postgres else str(self._given.database)

    @property
    def owner_database_url(self) -> str | None:
        """The URL of the database for migrations."""
        return dsn_of(self.postgres, "booking_owner") if self.postgres else self._given.owner_database

    @property
    def admin_database_url(self) -> str | None:
        """The URL of the database for psql."""
        return dsn_of(self.postgres, "booking_admin") if self.postgres else self._given.admin_database

    @property
    def redis_url(self) -> str:
        """The URL of the queue's server."""
        return self.redis.url if self.redis else str(self._given.redis)

    @property
    def components(self) -> list[Component]:
        """The servers that run as child processes."""
        servers = {"PostgreSQL": self.postgres, "Valkey": self.redis}
        return [_component(name, server) for name, server in servers.items() if server]

    def service_environment(self) -> dict[str, str]:
        """Return the environment of the API and the worker."""
        defaults = {"SECRET_KEY": secret(self._home, "secret_key"), "DEBUG": "true", **HIGH_RATE_LIMITS}
        given = {name: value for name, value in self._environment.items() if value}
        servers = {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}
        if self.mailbox:
            servers |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(self.mailbox.smtp_port)}
        if self.paypal:
            servers |= self.paypal.settings() | bypass_proxy_locally(self._environment)
        return defaults | given | servers

    def set_api_url(self, url: str) -> None:
        """Set the URL of the API, to which the PayPal stand-in sends its webhooks."""
        if self.paypal:
            self.paypal.send_webhooks_to(url + WEBHOOKS)

    async def start(self) -> None:
        """Start the embedded servers and migrate the database. Raises SandboxError if a step fails."""
        await self._start_postgres()
        await self._start_redis()
        await self._start_mailbox()
        await self._start_paypal()

    async def stop(self) -> None:
        """Stop the started servers in reverse order."""
        if self.paypal and self.paypal.url:
            await self.paypal.stop()
            self._view.show("PayPal", "stopped")
        if self.mailbox and self.mailbox.url:
            await self.mailbox.stop()
            self._view.show("Mailbox", "stopped")
        for component in reversed(self.components):
            await stop_component(component, self._view)

    async def _start_postgres(self) -> None:
        if self.postgres:
            await start_component(_component("PostgreSQL", self.postgres), self._view)
            await self._prepare(self.postgres, create_database)
        else:
            self._view.show("PostgreSQL", "given", without_login(self.database_url))
        await self._migrate()
        if self.postgres:
            await self._prepare(self.postgres, disable_doctor_verification)
            await self._prepare(self.postgres, set_passwords)

    async def _prepare(self, postgres: EmbeddedPostgres, step: Callable[[EmbeddedPostgres], Awaitable[None]]) -> None:
        try:
            await step(postgres)
        except asyncpg.PostgresError as error:
            raise postgres.child.failure(f"the database could not be prepared ({error})") from error

    async def _migrate(self) -> None:
        if not self.owner_database_url:
            self._view.show("Migrations", "skipped", "because OWNER_DATABASE_URL is not set")
            return
        self._view.show("Migrations", "starting")
        environment = {**self._environment, "OWNER_DATABASE_URL": self.owner_database_url}
        if await self.migration.run(booking_command("migrate", environment=environment)):
            raise self.migration.failure("the migrations failed")
        self._view.show("Migrations", "done")

    async def _start_redis(self) -> None:
        if self.redis:
            await start_component(_component("Valkey", self.redis), self._view)
        else:
            self._view.show("Redis", "given", without_login(self.redis_url))

    async def _start_mailbox(self) -> None:
        if self.mailbox:
            await self.mailbox.start()
            self._view.show("Mailbox", "ready", self.mailbox.url)
        else:
            self._view.show("Mail server", "given", str(self._given.email_host))

    async def _start_paypal(self) -> None:
        if self.paypal:
            await self.paypal.start()
            self._view.show("PayPal", "ready", self.paypal.url)
        else:
            self._view.show("PayPal", "given", without_login(str(self._given.paypal)))


def _component(name: str, server: EmbeddedPostgres | EmbeddedRedis) -> Component:
    """Return `server` as a component that keeps its port after a restart, because its clients use that port."""
    return Component(
        name,
        server.child,
        start=lambda: server.start(server.port or None),
        where=lambda: f"127.0.0.1:{server.port}",
    )


def _mailbox() -> "Mailbox":
    wheel_folder("aiosmtpd", instead="EMAIL_HOST")
    from app.sandbox.mailbox.server import Mailbox  # noqa: PLC0415  the extra may not be installed

    return Mailbox()
