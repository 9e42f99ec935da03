"""Retries of Redis commands, so that the worker waits during outages of Redis."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import EqualJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError

from app.outage_log import OutageLog

T = TypeVar("T")


class _Backoff(EqualJitterBackoff):
    def compute(self, failures: int) -> float:
        """Return the seconds to wait, finally 1 to 2. The base class overflows after 1,023 failures (2 ** 1024)."""
        return super().compute(min(failures, 10))


class RetryForever(Retry):
    """Repeats a Redis command until it succeeds. During an outage, SAQ itself would loop without a pause."""

    def __init__(self) -> None:
        errors = (RedisConnectionError, RedisTimeoutError, ReadOnlyError, OutOfMemoryError)
        super().__init__(_Backoff(cap=2, base=0.05), retries=-1, supported_errors=errors)
        self._outage = OutageLog("redis")

    def __deepcopy__(self, _: dict[int, Any]) -> "RetryForever":
        """Return itself: redis copies it for each connection, and each copy would log the same outage."""
        return self

    async def call_with_retry(
        self,
        do: Callable[[], Awaitable[T]],
        fail: Callable[..., Awaitable[Any]],
        is_retryable: Callable[[Exception], bool] | None = None,
        with_failure_count: bool = False,  # noqa: FBT001, FBT002  redis's signature
    ) -> T:
        """Repeat `do` until it succeeds. Calls `fail` before each repetition."""

        async def notice(error: Exception, *count: int) -> None:
            self._outage.report_failure(error)
            await fail(error, *count)

        result = await super().call_with_retry(do, notice, is_retryable, with_failure_count)
        self._outage.report_recovery()
        return result


def create_redis(url: str) -> "Redis":
    """Return a client for the Redis at `url` that waits during outages without a limit."""
    return Redis.from_url(url, retry=RetryForever())
