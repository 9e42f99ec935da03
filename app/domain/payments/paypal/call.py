"""A call to PayPal and the state of its attempts: their number, and whether one may have been carried out."""

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

import structlog
from msgspec import Struct

from app.domain.payments.paypal.errors import PayPalBusy, PayPalError, PayPalUnavailable, PayPalUnknown

log = structlog.get_logger()

T = TypeVar("T")


class Timeouts(Struct, frozen=True, kw_only=True):
    """The time limits of a call in seconds, and the maximum number of attempts."""

    connect: float = 5
    read: float = 20
    write: float = 5
    pool: float = 5
    total: float = 50  # for one call with all its attempts and tokens
    attempts: int = 4
    pause: float = 0.5  # before the second attempt; doubled before each later one, and jittered
    max_pause: float = 10  # a call ends if PayPal asks for a longer pause


class Call(Struct, Generic[T], frozen=True, kw_only=True):
    """A request and the parser of its response. `read` raises ValueError for an undocumented response."""

    operation: str
    method: str
    path: str
    read: Callable[[bytes], T]
    headers: Mapping[str, str] = {}
    content: bytes | None = None


class RetryableError(Exception):
    """An attempt failed and may be repeated.

    `after` is the pause that PayPal asks for, in seconds. `is_busy` means that PayPal is processing the same request.
    """

    def __init__(
        self, text: str, debug_id: str | None = None, after: float | None = None, *, is_busy: bool = False
    ) -> None:
        super().__init__(text)
        self.text = text
        self.debug_id = debug_id
        self.after = after
        self.is_busy = is_busy


class Attempts:
    """The state of a call's attempts."""

    def __init__(self, operation: str) -> None:
        self.operation = operation
        self.number = 0
        self.outcome_unknown = False  # whether PayPal may have carried out a request without our receiving the answer
        self.trouble = RetryableError("the time limit was too short for an attempt")

    def failed(self, trouble: RetryableError) -> None:
        """Record and log a failed attempt."""
        self.trouble = trouble
        log.warning(
            "paypal_no_answer",
            operation=self.operation,
            attempt=self.number,
            why=trouble.text,
            debug_id=trouble.debug_id,
        )

    def error(self) -> PayPalError:
        """Return the error to raise after the last attempt."""
        if self.trouble.is_busy:
            return PayPalBusy(self.operation, self.trouble.text, self.trouble.debug_id)
        if self.outcome_unknown:
            return PayPalUnknown(self.operation, self.trouble.text, self.trouble.debug_id)
        return PayPalUnavailable(self.operation, self.trouble.text, self.trouble.debug_id, self.trouble.after)
