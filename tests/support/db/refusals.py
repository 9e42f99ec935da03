"""Statements that are refused: which rule refuses them, and the marks of the tests that prove it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.servers.databases import connected

# expects a statement for which the role has no privilege
forbidden = partial(pytest.raises, asyncpg.InsufficientPrivilegeError)
# expects a transaction to fail because what it read has changed; it may be tried again
stale = partial(pytest.raises, asyncpg.SerializationError)


@contextmanager
def refused(rule: str) -> Iterator[None]:
    """Expect a statement to break the rule of this name."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        yield
    assert caught.value.constraint_name == rule, caught.value


@asynccontextmanager
async def undone(db: Connection) -> AsyncIterator[None]:
    """Run the block in a transaction that is rolled back."""
    transaction = db.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


@asynccontextmanager
async def triggers_off(root: Connection) -> AsyncIterator[None]:
    """Run the block in a transaction in which no trigger fires. Needs a superuser's connection."""
    async with root.transaction():
        await root.execute("SET LOCAL session_replication_role = replica")
        yield


async def broken_rule(db: Connection, statement: str, *arguments: Any) -> str:
    """Run a statement. Returns the rule that it breaks, 42501 if the role may not run it, "" if it succeeds."""
    try:
        await db.execute(statement, *arguments)
    except asyncpg.InsufficientPrivilegeError as error:
        return error.sqlstate
    except asyncpg.IntegrityConstraintViolationError as error:
        return error.constraint_name or str(error)
    return ""


async def verdict(db: Connection, statement: str, *arguments: Any) -> str:
    """Return what `broken_rule` does, and undo the statement."""
    async with undone(db):
        return await broken_rule(db, statement, *arguments)


async def at_once(url: str, statement: str, calls: Iterable[tuple[Any, ...]]) -> list[str]:
    """Run a statement with each of these arguments at once, on connections of their own.

    Returns, sorted, the rule that each breaks: 40001 for a serialization failure, "" for success.
    """

    async def run(arguments: tuple[Any, ...]) -> str:
        async with connected(url) as db:
            try:
                return await broken_rule(db, statement, *arguments)
            except asyncpg.SerializationError as error:
                return error.sqlstate

    return sorted(await asyncio.gather(*map(run, calls)))


def broken(rule: str, statement: str, *values: str) -> Any:
    """Return a case for `refuses`: statements that break a rule. `{}` stands for each of the values."""
    statements = [statement.format(value) for value in values] or [statement]
    return pytest.param(rule, statements, id=rule, marks=pytest.mark.proves(rule))


async def refuses(db: Connection, rule: str, statements: list[str]) -> None:
    """Check that each statement is refused by the rule."""
    for statement in statements:
        with refused(rule):
            await db.execute(statement)
