"""Counts calls in Redis, for all processes. Calls that arrive during a round trip are counted together in the next."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from limits import RateLimitItem
from redis.asyncio import Redis

from app.outage_log import OutageLog

# Maximum calls in a round trip, so that Redis can serve other clients in between. Without batches, a burst would use up
# redis's pool of 100 connections, and further calls would be refused, which looks like an outage.
BATCH_SIZE = 100
TIMEOUT_SECONDS = 2  # for an answer of Redis
OUTAGE_PAUSE_SECONDS = 5  # without Redis after a failure, so that not every call waits for the timeout
SCRIPT = Path(__file__).with_suffix(".lua")


class Count(NamedTuple):
    """The result for a call: whether it is allowed, how many are left, and the seconds until more are."""

    allowed: bool
    remaining: int
    reset: float


class _Call(NamedTuple):
    key: str
    amount: int
    milliseconds: int
    result: "asyncio.Future[Count | None]"


class Counters:
    """Sliding windows in Redis. There is one round trip at a time, whose cost all waiting calls share."""

    def __init__(self, redis: Redis) -> None:
        self._script = redis.register_script(SCRIPT.read_text())
        self._outage = OutageLog("redis rate limits")
        self._unavailable_until = 0.0
        self._pending: list[_Call] = []
        self._flush_task: asyncio.Task[None] | None = None

    async def count(self, limit: RateLimitItem, *key: str) -> Count | None:
        """Count a call of `key`. Returns None if Redis is unavailable."""
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
                if not call.result.done():  # done if its request was canceled
                    call.result.set_result(count)
        self._flush_task = None

    async def _count_batch(self, calls: list[_Call]) -> Sequence[Count | None]:
        if time.monotonic() < self._unavailable_until:
            return [None] * len(calls)
        try:
            # One limit for the whole call costs less than a socket_timeout, and includes the client's retries.
            async with asyncio.timeout(TIMEOUT_SECONDS):
                found = await self._script(
                    keys=[call.key for call in calls],
                    args=[number for call in calls for number in (call.amount, call.milliseconds)],
                )
            counts = [Count(bool(allowed), remaining, left / 1000) for allowed, remaining, left in found]
        except Exception as error:  # noqa: BLE001  otherwise the waiting calls never end
            self._outage.report_failure(error)
            self._unavailable_until = time.monotonic() + OUTAGE_PAUSE_SECONDS
            return [None] * len(calls)
        self._outage.report_recovery()
        return counts
