"""What the database tests say of a refused statement."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import pytest


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
