"""Counts calls in Redis, where all processes see them. Those that come while it is being asked are counted together."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from limits import RateLimitItem
from redis.asyncio import Redis

from app.outage_log import OutageLog

# Calls counted together at most, so that Redis has time for others in between. Without batches, a burst would use up
# redis's pool of 100 connections, and further calls would be refused, which looks like an outage.
BATCH_SIZE = 100
TIMEOUT_SECONDS = 2  # within which Redis has to answer
OUTAGE_PAUSE_SECONDS = 5  # seconds without Redis after it failed, so that not every call waits for it
SCRIPT = Path(__file__).with_suffix(".lua")


class Count(NamedTuple):
    """What came of a call: whether it is allowed, how many more would be, and the seconds until there are more."""

    allowed: bool
    remaining: int
    reset: float


class _Call(NamedTuple):
    key: str
    amount: int
    milliseconds: int
    result: "asyncio.Future[Count | None]"


class Counters:
    """Sliding windows in Redis, which is asked once at a time: what a question costs is shared by all who wait."""

    def __init__(self, redis: Redis) -> None:
        self._script = redis.register_script(SCRIPT.read_text())
        self._outage = OutageLog("redis, for rate limits")
        self._unavailable_until = 0.0
        self._pending: list[_Call] = []
        self._flush_task: asyncio.Task[None] | None = None

    async def count(self, limit: RateLimitItem, *key: str) -> Count | None:
        """Count a call of `key`; None if Redis is away."""
        call = _Call(
            limit.key_for("limit", *key),
            limit.amount,
            limit.get_expiry() * 1000,
            asyncio.get_running_loop().create_future(),
        )
        self._pending.append(call)
        if self._flush_task is None:
            self._flush_task = asyncio.create_task(self._flush())
        return await call.result

    async def _flush(self) -> None:
        while self._pending:
            calls, self._pending = self._pending[:BATCH_SIZE], self._pending[BATCH_SIZE:]
            for call, count in zip(calls, await self._count_batch(calls), strict=True):
                if not call.result.done():  # else nobody waits for it any more
                    call.result.set_result(count)
        self._flush_task = None

    async def _count_batch(self, calls: list[_Call]) -> Sequence[Count | None]:
        if time.monotonic() < self._unavailable_until:
            return [None] * len(calls)
        try:
            # One limit for all of it costs less than a socket_timeout, and holds for redis's retries, too.
            async with asyncio.timeout(TIMEOUT_SECONDS):
                found = await self._script(
                    keys=[call.key for call in calls],
                    args=[number for call in calls for number in (call.amount, call.milliseconds)],
                )
            counts = [Count(bool(allowed), remaining, left / 1000) for allowed, remaining, left in found]
        except Exception as error:  # noqa: BLE001  whatever it is, nobody is to wait for ever
            self._outage.report_failure(error)
            self._unavailable_until = time.monotonic() + OUTAGE_PAUSE_SECONDS
            return [None] * len(calls)
        self._outage.report_recovery()
        return counts
