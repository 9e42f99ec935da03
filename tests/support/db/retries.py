"""Retries of the driver: counting them, and causing a deadlock."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import TypeVar

import pytest
from asyncpg import Connection

from app.db import driver
from tests.support.servers.databases import WAITED_FOR
from tests.support.servers.worker_process import eventually

T = TypeVar("T")


def count_retries(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Return the number of errors after which the driver retries, by SQLSTATE. It is updated as they occur."""
    met: Counter[str] = Counter()
    is_retryable = driver.is_retryable

    def count(error: Exception) -> bool:
        if not is_retryable(error):
            return False
        met[str(getattr(error, "sqlstate", ""))] += 1
        return True

    monkeypatch.setattr(driver, "is_retryable", count)
    return met


async def fetch_amid_a_deadlock(
    owner: Connection, root: Connection, doctor: int, appointment: int, canceling: Coroutine[None, None, T]
) -> T:
    """Cancel an appointment while `root` has locked it and then locks its doctor, which the cancellation locks first.

    PostgreSQL finds the deadlock in the cancellation, because `root` waits 10 s before it looks for one.
    """
    await root.execute("SET session_replication_role = replica; SET deadlock_timeout = '10s'")
    async with root.transaction(isolation="read_committed"):
        await root.execute("UPDATE appointment SET cancel_reason = 'x' WHERE id = $1", appointment)
        task = asyncio.ensure_future(canceling)
        await eventually(lambda: owner.fetchval(WAITED_FOR, root.get_server_pid()))
        await root.execute("UPDATE doctor SET phone = '1' WHERE account_id = $1", doctor)
    return await task
