"""A statement whose result columns have changed their type is prepared again, and the caller gets the result.

Each test runs its statement once, changes the type of a column, and runs it again on the same connection.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from asyncpg import Connection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.db.driver import OUTDATED_PLAN, fetch, fetch_if, fetch_within, one_transaction
from app.db.engine import create_engine
from tests.support.servers.databases import Database, connected

READ = "SELECT number FROM counted ORDER BY number"
# both insert a row and return a column whose type changes
WRITE = "INSERT INTO counted SELECT count(*) FROM counted RETURNING number"
CALL = "SELECT number FROM count_one()"
FUNCTION = """
    CREATE OR REPLACE FUNCTION count_one() RETURNS SETOF counted LANGUAGE sql AS $$
        INSERT INTO counted SELECT count(*) FROM counted RETURNING *
    $$
"""


@pytest_asyncio.fixture(autouse=True)
async def counted(owner: Connection) -> AsyncIterator[None]:
    """A table of numbers, and a function that adds one and returns the row."""
    await owner.execute(f"CREATE TABLE counted (number smallint); {FUNCTION}")
    yield
    await owner.execute("DROP FUNCTION count_one(); DROP TABLE counted")


@pytest_asyncio.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    """An engine with one connection."""
    engine = create_engine(database.owner, application_name="test", pool_size=1)
    yield engine
    await engine.dispose()


async def change_type(owner: Connection) -> None:
    """Change the type of the column, which changes what each statement returns."""
    await owner.execute("ALTER TABLE counted ALTER COLUMN number TYPE bigint")


async def rows(owner: Connection) -> list[int]:
    """Return the numbers in the table."""
    return [row["number"] for row in await owner.fetch(READ)]


@pytest.mark.parametrize("statement", [WRITE, CALL])
async def test_postgresql_refuses_and_undoes_it(database: Database, owner: Connection, statement: str) -> None:
    """The other tests rely on this: a refused statement has written nothing, so it may run again."""
    async with connected(database.owner) as connection:
        await connection.fetch(statement)
        await change_type(owner)
        with pytest.raises(OUTDATED_PLAN):
            async with connection.transaction():
                await connection.fetch(statement)
    assert await rows(owner) == [0]


@pytest.mark.parametrize("statement", [WRITE, CALL])
async def test_a_statement_of_its_own(engine: AsyncEngine, owner: Connection, statement: str) -> None:
    await fetch(engine, statement)
    await change_type(owner)
    assert [row["number"] for row in await fetch(engine, statement)] == [1]
    assert await rows(owner) == [0, 1]


@pytest.mark.parametrize("statement", [WRITE, CALL])
async def test_a_statement_that_may_be_undone(engine: AsyncEngine, owner: Connection, statement: str) -> None:
    await fetch_if(engine, bool, statement)
    await change_type(owner)
    assert [row["number"] for row in await fetch_if(engine, bool, statement)] == [1]
    assert await rows(owner) == [0, 1]


@pytest.mark.parametrize("statement", [WRITE, CALL])
async def test_a_statement_amid_a_transaction(engine: AsyncEngine, owner: Connection, statement: str) -> None:
    await fetch(engine, statement)
    async with one_transaction(engine):
        await fetch(engine, "SELECT 1")  # the connection is in a transaction
        await change_type(owner)
        assert [row["number"] for row in await fetch(engine, statement)] == [1]
        assert [row["number"] for row in await fetch(engine, statement)] == [2]
    assert await rows(owner) == [0, 1, 2]


@pytest.mark.parametrize("statement", [WRITE, CALL])
async def test_a_statement_amid_a_session(engine: AsyncEngine, owner: Connection, statement: str) -> None:
    async with AsyncSession(engine) as session:
        await fetch_within(session, statement)
        await session.commit()
        await session.execute(text("SELECT 1"))
        await change_type(owner)
        assert [row["number"] for row in await fetch_within(session, statement)] == [1]
        await session.commit()
    assert await rows(owner) == [0, 1]


@pytest.mark.parametrize("statement", [WRITE, CALL])
async def test_a_statement_of_a_session(engine: AsyncEngine, owner: Connection, statement: str) -> None:
    async with AsyncSession(engine) as session:
        await session.execute(text(statement))
        await session.commit()
        await session.execute(text("SELECT 1"))
        await change_type(owner)
        assert (await session.execute(text(statement))).scalars().all() == [1]
        await session.commit()
    assert await rows(owner) == [0, 1]
