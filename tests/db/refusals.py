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
