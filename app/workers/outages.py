"""Servers go away and come back: the worker waits, and says so once at each end."""

import contextlib
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import EqualJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError

from app.domain.errors import driver_error

log = structlog.get_logger()

T = TypeVar("T")

CALM_SECONDS = 10


def brief(error: BaseException) -> str:
    """Name an error by its class and code alone: messages quote rows, addresses and names."""
    cause = driver_error(error)
    code = getattr(cause, "sqlstate", None) or getattr(cause, "code", None)
    return f"{type(cause).__name__} {code}" if code else type(cause).__name__


def place(error: BaseException) -> str:
    """Return where an error was raised: file, line and function."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno} {frames[-1].name}" if frames else ""


class Outage:
    """Tells the log once when a server cannot be used, and once when it has worked again for 10 s on end."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._failed_at: float | None = None

    def noticed(self, error: BaseException) -> None:
        """Say that the server cannot be used, unless that has been said."""
        if self._failed_at is None:
            log.warning("unavailable", server=self._server, error=brief(error), at=place(error))
        self._failed_at = time.monotonic()

    def over(self) -> None:
        """Say that the server can be used, if it could not; while only some calls fail, nothing is said."""
        if self._failed_at is not None and time.monotonic() - self._failed_at > CALM_SECONDS:
            log.info("available_again", server=self._server)
            self._failed_at = None

    @contextlib.contextmanager
    def contained(self) -> Iterator[None]:
        """Let an error end the block and nothing more: what is left undone must be something that is tried again."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  whatever it is, the worker must live on
            self.noticed(error)
        else:
            self.over()


class _Backoff(EqualJitterBackoff):
    def compute(self, failures: int) -> float:
        """Return seconds to wait, 1 to 2 in the end. The original fails after 1,023 failures: 2 ** 1024 is no float."""
        return super().compute(min(failures, 10))


class Patience(Retry):
    """Repeats a Redis command until it succeeds, so that SAQ never sees an outage: it would loop without a pause."""

    def __init__(self) -> None:
        errors = (RedisConnectionError, RedisTimeoutError, ReadOnlyError, OutOfMemoryError)
        super().__init__(_Backoff(cap=2, base=0.05), retries=-1, supported_errors=errors)
        self._outage = Outage("redis")

    def __deepcopy__(self, _: dict[int, Any]) -> "Patience":
        """Return itself: redis gives each connection a copy, and each would tell of the same outage."""
        return self

    async def call_with_retry(
        self,
        do: Callable[[], Awaitable[T]],
        fail: Callable[..., Awaitable[Any]],
        is_retryable: Callable[[Exception], bool] | None = None,
        with_failure_count: bool = False,  # noqa: FBT001, FBT002  redis's signature
    ) -> T:
        """Repeat `do` until it succeeds, calling `fail` before each repetition."""

        async def notice(error: Exception, *count: int) -> None:
            self._outage.noticed(error)
            await fail(error, *count)

        result = await super().call_with_retry(do, notice, is_retryable, with_failure_count)
        self._outage.over()
        return result


def patient_redis(url: str) -> "Redis":
    """Return a client of the Redis at `url` that waits for it as long as it takes."""
    return Redis.from_url(url, retry=Patience())
