"""plpgsql_check finds no missing columns, unused variables or implicit casts in the PL/pgSQL functions.

Debian's package postgresql-15-plpgsql-check needs Debian's PostgreSQL, so these tests start that server.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from asyncpg import Connection

from app.sandbox.servers.postgres import EmbeddedPostgres
from tests.support.db.refusals import undone
from tests.support.servers.databases import connected, make_template, url_for
from tests.system.programs import installed_file

PACKAGE = "postgresql-15-plpgsql-check"
# A trigger function is checked once for each of its tables.
FINDINGS = """
    SELECT format('%s line %s: %s %s %s', f.oid::regprocedure, c.lineno, c.level, c.message, c.detail)
    FROM (
        SELECT DISTINCT p.oid, coalesce(t.tgrelid, 0) AS relid
        FROM pg_proc AS p
        INNER JOIN pg_language AS l ON l.oid = p.prolang
        LEFT JOIN pg_trigger AS t ON t.tgfoid = p.oid
        WHERE l.lanname = 'plpgsql' AND p.pronamespace IN ('public'::regnamespace, 'admin'::regnamespace)
            AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
    ) AS f, plpgsql_check_function_tb(
        f.oid, f.relid, security_warnings => true, compatibility_warnings => true
    ) AS c
    WHERE c.message NOT LIKE 'composite OUT variable %' -- composite columns are intended
    ORDER BY 1
"""


@pytest_asyncio.fixture(scope="module")
async def checked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Connection]:
    """A superuser's connection to a migrated database with the extension."""
    control = installed_file("/usr/share/postgresql", "*/extension/plpgsql_check.control", PACKAGE)
    server = EmbeddedPostgres(tmp_path_factory.mktemp("checked"), {"fsync": "off"})
    server.binaries = Path("/usr/lib/postgresql") / control.parts[4] / "bin"
    await server.start()
    try:
        url = url_for(server.superuser_dsn, await make_template(server.superuser_dsn))
        async with connected(url, search_path="public, checks") as connection:
            await connection.execute("CREATE SCHEMA checks; CREATE EXTENSION plpgsql_check SCHEMA checks")
            yield connection
    finally:
        await server.stop()


async def test_it_finds_nothing(checked: Connection) -> None:
    found = [row[0] for row in await checked.fetch(FINDINGS)]
    assert not found, "\n".join(found)


async def test_it_would_find_an_error(checked: Connection) -> None:
    body = "BEGIN RETURN (SELECT sea FROM appointment LIMIT 1); END"
    async with undone(checked):
        await checked.execute(f"CREATE FUNCTION slip() RETURNS integer LANGUAGE plpgsql AS '{body}'")
        found = [row[0] for row in await checked.fetch(FINDINGS)]
    assert [text.partition(" ")[0] for text in found] == ["slip()"]
