"""Migrated databases for the tests: one template for each run, and clones of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
from asyncpg import Connection

from app.db.migrate import upgrade

ROLES = ("booking_owner", "booking_app", "booking_admin", "booking_auditor")
COPY = "STRATEGY FILE_COPY"  # takes a third of the work of WAL_LOG, which writes each page to the log
WAITED_FOR = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid)))"
PASSWORD = "booking-test"  # the same in every run, because two runs may share a server
# Thousands of tests log in, and this password needs no protection. PostgreSQL 15 lacks the setting.
CHEAP_LOGINS = "SELECT set_config(name, '1', false) FROM pg_settings WHERE name = 'scram_iterations'"


class Database(NamedTuple):
    """The URLs of a database, one for each role."""

    superuser: str
    owner: str
    app: str
    admin: str
    auditor: str


def url_for(superuser: str, database: str, role: str | None = None) -> str:
    """Return the URL of a database on the superuser's server, for one of our roles or the superuser."""
    parts = urlsplit(superuser)
    host = parts.netloc.rpartition("@")[2]
    login = f"{quote(role)}:{quote(PASSWORD)}@{host}" if role else parts.netloc
    return urlunsplit(parts._replace(netloc=login, path=f"/{database}"))


def database_at(superuser: str, name: str) -> Database:
    return Database(url_for(superuser, name), *(url_for(superuser, name, role) for role in ROLES))


class Connections:
    """A pool of connections. The first queries of a new connection cost PostgreSQL more than most tests."""

    def __init__(self) -> None:
        self._idle: dict[str, Connection] = {}  # by URL

    @asynccontextmanager
    async def one(self, url: str) -> AsyncIterator[Connection]:
        """Yield a connection without state of earlier tests."""
        connection = self._idle.pop(url, None)
        if connection is None or connection.is_closed():
            await self.close(url)
            connection = await asyncpg.connect(url)
        yield connection
        if await _is_like_new(connection):
            self._idle[url] = connection

    async def close(self, besides: str = "") -> None:
        """Close idle connections, except those to the database of the URL `besides`."""
        for url in [url for url in self._idle if urlsplit(url).path != urlsplit(besides).path]:
            await self._idle.pop(url).close()


async def _is_like_new(connection: Connection) -> bool:
    """Reset the state of a connection; close it if that fails."""
    try:
        if not connection.is_closed() and not connection.is_in_transaction():
            await connection.reset(timeout=10)
            await connection.execute("SET SESSION AUTHORIZATION DEFAULT; DISCARD TEMP; DISCARD SEQUENCES")
            return True
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):  # a test may have broken it
        pass
    connection.terminate()
    return False


@asynccontextmanager
async def connected(url: str, **settings: str) -> AsyncIterator[Connection]:
    """Yield a connection of its own, for which PostgreSQL's `settings` are set, and close it."""
    connection = await asyncpg.connect(url, server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()


async def execute(url: str, *statements: str) -> None:
    """Run statements, each in a transaction of its own."""
    async with connected(url) as connection:
        for statement in statements:
            await connection.execute(statement)


async def fetchval(url: str, query: str) -> Any:
    async with connected(url) as connection:
        return await connection.fetchval(query)


async def make_template(superuser: str) -> str:
    """Create and migrate a database to clone; return its name."""
    name = f"booking_template_{uuid4().hex[:12]}"
    await execute(
        superuser,
        "DO $$ BEGIN CREATE ROLE booking_owner LOGIN CREATEROLE;"
        " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
    )
    await set_password(superuser, "booking_owner")
    await execute(superuser, f"CREATE DATABASE {name} OWNER booking_owner ENCODING UTF8 TEMPLATE template0")
    await asyncio.to_thread(upgrade, url_for(superuser, name, "booking_owner"))
    # as in the sandbox: few tests are about verification
    await execute(url_for(superuser, name), "UPDATE policy SET require_verified_doctor = false")
    for role in ROLES[1:]:
        await set_password(superuser, role)
    return name


async def set_password(superuser: str, role: str) -> None:
    """Set the tests' password of a role. Retries, because another run may do the same at this moment."""
    for _ in range(50):
        try:
            return await execute(superuser, CHEAP_LOGINS, f"ALTER ROLE {role} PASSWORD '{PASSWORD}'")
        except asyncpg.InternalServerError:  # tuple concurrently updated
            await asyncio.sleep(0.05)
    raise TimeoutError(f"the password of {role} could not be set")


async def clone(superuser: str, template: str, name: str) -> None:
    """Copy the template. Retries, because autovacuum may be using it."""
    for _ in range(20):
        try:
            return await execute(
                superuser,
                f"CREATE DATABASE {name} {COPY} TEMPLATE {template} OWNER booking_owner",
                # grants on the database itself are not cloned
                f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
                f"GRANT CONNECT ON DATABASE {name} TO booking_app, booking_admin, booking_auditor",
                f"ALTER DATABASE {name} SET jit = off",  # where the server has it, compiling takes longer than running
            )
        except asyncpg.ObjectInUseError:
            await asyncio.sleep(0.5)
    raise TimeoutError(f"{template} could not be cloned")


@asynccontextmanager
async def cloned(superuser: str, template: str) -> AsyncIterator[Database]:
    """Yield a clone of the template, dropped afterwards."""
    name = f"booking_test_{uuid4().hex[:12]}"
    await clone(superuser, template, name)
    try:
        yield database_at(superuser, name)
    finally:
        await execute(superuser, f"DROP DATABASE {name} WITH (FORCE)")
