"""What the database tests say of a refused statement."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
from asyncpg import Connection


@contextmanager
def refused(rule: str) -> Iterator[None]:
    """Expect a statement to break the rule of this name."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        yield
    assert caught.value.constraint_name == rule, caught.value


@contextmanager
def forbidden() -> Iterator[None]:
    """Expect a statement that the role may not run at all."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        yield


@contextmanager
def stale() -> Iterator[None]:
    """Expect a transaction to fail because what it saw has changed; it may be tried again."""
    with pytest.raises(asyncpg.SerializationError):
        yield


async def verdict(db: Connection, statement: str, *arguments: Any) -> str:
    """Return the rule that a statement breaks, "" if none, and undo it."""
    transaction = db.transaction()
    await transaction.start()
    try:
        await db.execute(statement, *arguments)
    except asyncpg.IntegrityConstraintViolationError as error:
        return error.constraint_name or str(error)
    finally:
        await transaction.rollback()
    return ""


def broken(rule: str, *statements: str) -> Any:
    """Say which statements break a rule, which that proves."""
    return pytest.param(rule, statements, id=rule, marks=pytest.mark.proves(rule))


async def refuses(db: Connection, rule: str, statements: tuple[str, ...]) -> None:
    """Check that each statement is refused by the rule."""
    for statement in statements:
        with refused(rule):
            await db.execute(statement)
