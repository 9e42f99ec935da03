"""A call to PayPal, and what is known of it while it is tried: how often, and whether it may have happened."""

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

import structlog
from msgspec import Struct

from app.domain.payments.paypal.errors import PayPalBusy, PayPalError, PayPalUnavailable, PayPalUnknown

log = structlog.get_logger()

T = TypeVar("T")


class Timeouts(Struct, frozen=True, kw_only=True):
    """How long PayPal is waited for, in seconds, and how often a call is sent at most."""

    connect: float = 5
    read: float = 20
    write: float = 5
    pool: float = 5
    total: float = 50  # for one call, with everything that it needs
    attempts: int = 4
    pause: float = 0.5  # before the second attempt; doubled before each later one, and jittered
    max_pause: float = 10  # PayPal may ask for; for a longer one, nobody waits here


class Call(Struct, Generic[T], frozen=True, kw_only=True):
    """A request, and how its answer is read: `read` raises ValueError for what is no such answer."""

    operation: str
    method: str
    path: str
    read: Callable[[bytes], T]
    headers: Mapping[str, str] = {}
    content: bytes | None = None


class RetryableError(Exception):
    """An attempt without an answer; `after` is PayPal's wish, in seconds, `is_busy`: with another's same request."""

    def __init__(
        self, text: str, debug_id: str | None = None, after: float | None = None, *, is_busy: bool = False
    ) -> None:
        super().__init__(text)
        self.text = text
        self.debug_id = debug_id
        self.after = after
        self.is_busy = is_busy


class Attempts:
    """What is known of a call so far."""

    def __init__(self, operation: str) -> None:
        self.operation = operation
        self.number = 0
        self.outcome_unknown = False  # a request may have been carried out without our having heard of it
        self.trouble = RetryableError("there was no time for it")

    def failed(self, trouble: RetryableError) -> None:
        """Keep in mind, and log, that an attempt brought no answer."""
        self.trouble = trouble
        log.warning(
            "paypal_no_answer",
            operation=self.operation,
            attempt=self.number,
            why=trouble.text,
            debug_id=trouble.debug_id,
        )

    def error(self) -> PayPalError:
        """Return what to raise when there are no more attempts."""
        if self.trouble.is_busy:
            return PayPalBusy(self.operation, self.trouble.text, self.trouble.debug_id)
        if self.outcome_unknown:
            return PayPalUnknown(self.operation, self.trouble.text, self.trouble.debug_id)
        return PayPalUnavailable(self.operation, self.trouble.text, self.trouble.debug_id, self.trouble.after)
