"""`booking admin create` creates a personal login with the rights of booking_admin."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from app.admin_cli.errors import AdminCliError
from app.admin_cli.logins import create_login, validate
from tests.support.cli.booking_command import booking
from tests.support.db.refusals import forbidden
from tests.support.servers.databases import Database, connected, execute


@pytest_asyncio.fixture
async def name(database: Database) -> AsyncIterator[str]:
    """The name of a new login, dropped after the test because roles belong to the whole cluster."""
    name = f"ada_{uuid4().hex[:12]}"
    yield name
    await execute(database.superuser, f"DROP ROLE IF EXISTS {name}")


def url_of(database: Database, name: str, password: str) -> str:
    return database.owner.replace("booking_owner:booking-test@", f"{name}:{password}@")


async def test_a_new_login_has_the_rights_of_booking_admin(database: Database, name: str) -> None:
    result = await booking("admin", "create", name, given={"OWNER_DATABASE_URL": database.owner})
    first, second = result.out.splitlines()
    assert first == f"Created: {name}, a login with the rights of booking_admin."
    password = second.removeprefix("Password (shown only this once): ")
    async with connected(url_of(database, name, password)) as ada:
        assert await ada.fetchval("SHOW search_path") == "admin, public"
        assert await ada.fetchval("SELECT pg_has_role('booking_admin', 'USAGE')")
        await ada.fetch("SELECT * FROM undelivered")
        await ada.execute("UPDATE policy SET hold_minutes = hold_minutes")
        for statement in (
            "SELECT password_hash FROM account",
            "UPDATE appointment SET seat = 1",
            "TRUNCATE appointment",
        ):
            with forbidden():
                await ada.execute(statement)


async def test_a_password_can_be_typed(database: Database, name: str) -> None:
    password = "correct horse battery"
    url = ("--database-url", database.owner)
    result = await booking("admin", "create", "--ask", *url, name, input_text=f"{password}\n{password}\n")
    assert result.code == 0, result
    assert password not in result.out
    await (await asyncpg.connect(url_of(database, name, "correct%20horse%20battery"))).close()
    try:
        await (await asyncpg.connect(url_of(database, "booking_owner", "wrong"))).close()
    except asyncpg.InvalidPasswordError:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(url_of(database, name, "another%20horse"))
    else:
        pytest.skip("this server does not check passwords")


async def test_an_existing_role_is_not_changed(database: Database, name: str) -> None:
    await create_login(database.owner, name, "correct horse battery")
    result = await booking("admin", "create", name, given={"OWNER_DATABASE_URL": database.owner})
    expected = f"Error: the role {name} already exists: choose another name, or run DROP ROLE {name};\n"
    assert (result.code, result.err) == (1, expected)


async def test_creating_a_login_needs_createrole(database: Database, name: str) -> None:
    with pytest.raises(AdminCliError, match=r"permission denied.* needs CREATEROLE"):
        await create_login(database.app, name, "correct horse battery")


@pytest.mark.parametrize(
    "name", ["", "Ada", "ada lovelace", "1ada", "pg_ada", "booking_ada", 'a"b', "a;b", "ä", "a" * 64]
)
def test_an_invalid_name_is_refused(name: str) -> None:
    with pytest.raises(AdminCliError, match="is not a valid name"):
        validate(name, "correct horse battery")


@pytest.mark.parametrize("password", ["", "too short", "pässwörter sind gut", "a\nline of its own"])
def test_an_invalid_password_is_refused(password: str) -> None:
    with pytest.raises(AdminCliError, match="at least 12 characters, all of them ASCII"):
        validate("ada", password)
