"""Migrations on a server without the booking roles, by logins that are not superusers, as on a managed service."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from app.db.migrate import SCRIPTS, upgrade
from app.sandbox.servers.postgres import EmbeddedPostgres
from tests.support.cli.booking_command import CommandResult, booking
from tests.support.servers.databases import connected, execute

ROLES = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'booking\\_%' ORDER BY 1"
OWNERS = [("maker", "one"), ("maker", "two"), ("keeper", "three")]  # of the databases
OURS = ["booking_admin", "booking_app", "booking_auditor", "booking_owner"]


@pytest_asyncio.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
    """A cluster with two logins that own databases. `maker` may create roles, `keeper` may not."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("fresh"), {"fsync": "off"})
    await server.start()
    await execute(
        server.superuser_dsn,
        "CREATE ROLE maker LOGIN CREATEROLE PASSWORD 'x'",
        "CREATE ROLE keeper LOGIN PASSWORD 'x'",
        *(f"CREATE DATABASE {database} OWNER {owner}" for owner, database in OWNERS),
    )
    yield server
    await server.stop()


def dsn(server: EmbeddedPostgres, user: str, database: str) -> str:
    return server.dsn(user=user, database=database, password="x")


async def rows(url: str, sql: str) -> list[str]:
    async with connected(url) as connection:
        return [row[0] for row in await connection.fetch(sql)]


@pytest_asyncio.fixture(scope="module")
async def first(server: EmbeddedPostgres) -> list[CommandResult]:
    """The results of a migration by `keeper`, then of two concurrent ones by `maker`."""
    one, two, three = [{"OWNER_DATABASE_URL": dsn(server, *owner)} for owner in OWNERS]
    refused = await booking("migrate", given=three)
    assert await rows(server.superuser_dsn, ROLES) == []
    both = await asyncio.gather(booking("migrate", given=one), booking("migrate", given=two))
    return [refused, *both]


async def test_missing_roles_are_reported(first: list[CommandResult]) -> None:
    code, _, said = first[0]
    assert code == 1
    assert said.splitlines()[-1] == (
        "Error: The role booking_app is missing, and keeper may not create roles."
        " Run this as a role with CREATEROLE, then migrate again: CREATE ROLE booking_app LOGIN;"
    )
    assert "Traceback" not in said


async def test_two_databases_of_a_cluster_create_them_once(
    server: EmbeddedPostgres, first: list[CommandResult]
) -> None:
    assert [result.code for result in first[1:]] == [0, 0]
    assert await rows(server.superuser_dsn, ROLES) == OURS
    # least privilege: none has an attribute except LOGIN
    mighty = "rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls"
    assert await rows(server.superuser_dsn, f"{ROLES.partition('ORDER')[0]} AND ({mighty})") == []


@pytest.mark.usefixtures("first")
async def test_roles_that_are_there_are_enough(server: EmbeddedPostgres) -> None:
    url = dsn(server, "keeper", "three")
    await asyncio.to_thread(upgrade, url)
    assert await rows(url, "SELECT version_num FROM alembic_version") == [SCRIPTS.get_current_head()]


@pytest.mark.usefixtures("first")
async def test_another_login_of_the_cluster_does_not_get_in(server: EmbeddedPostgres) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(dsn(server, "keeper", "one"))
