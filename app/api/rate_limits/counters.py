"""Counts calls in Redis, where all processes see them. Those that come while it is being asked are counted together."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from limits import RateLimitItem
from redis.asyncio import Redis

from app.outage_log import Outage

AT_ONCE = 100  # calls counted together at most, so that Redis has time for others in between
SECONDS = 2  # within which Redis has to answer
PAUSE = 5  # seconds without Redis after it failed, so that not every call waits for it
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
    counted: "asyncio.Future[Count | None]"


class Counters:
    """Sliding windows in Redis, which is asked once at a time: what a question costs is shared by all who wait."""

    def __init__(self, redis: Redis) -> None:
        self._script = redis.register_script(SCRIPT.read_text())
        self._outage = Outage("redis, for rate limits")
        self._away_until = 0.0
        self._waiting: list[_Call] = []
        self._asking: asyncio.Task[None] | None = None

    async def count(self, limit: RateLimitItem, *key: str) -> Count | None:
        """Count a call of `key`; None if Redis is away."""
        call = _Call(
            limit.key_for("limit", *key),
            limit.amount,
            limit.get_expiry() * 1000,
            asyncio.get_running_loop().create_future(),
        )
        self._waiting.append(call)
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return await call.counted

    async def _ask(self) -> None:
        while self._waiting:
            calls, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            for call, count in zip(calls, await self._counted(calls), strict=True):
                if not call.counted.done():  # else nobody waits for it any more
                    call.counted.set_result(count)
        self._asking = None

    async def _counted(self, calls: list[_Call]) -> Sequence[Count | None]:
        if time.monotonic() < self._away_until:
            return [None] * len(calls)
        try:
            # One limit for all of it costs less than a socket_timeout, and holds for redis's retries, too.
            async with asyncio.timeout(SECONDS):
                found = await self._script(
                    keys=[call.key for call in calls],
                    args=[number for call in calls for number in (call.amount, call.milliseconds)],
                )
            counts = [Count(bool(allowed), remaining, left / 1000) for allowed, remaining, left in found]
        except Exception as error:  # noqa: BLE001  whatever it is, nobody is to wait for ever
            self._outage.noticed(error)
            self._away_until = time.monotonic() + PAUSE
            return [None] * len(calls)
        self._outage.over()
        return counts
