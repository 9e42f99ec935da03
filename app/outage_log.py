"""Logs a server's outage once when it begins and once when it ends."""

import contextlib
import time
import traceback
from collections.abc import Iterator

import structlog

from app.db.errors import driver_error

log = structlog.get_logger()

RECOVERY_SECONDS = 10


def error_name(error: BaseException) -> str:
    """Return the class and code of an error, without its message, which can quote rows, addresses and names."""
    cause = driver_error(error)
    code = getattr(cause, "sqlstate", None) or getattr(cause, "code", None)
    return f"{type(cause).__name__} {code}" if code else type(cause).__name__


def error_location(error: BaseException) -> str:
    """Return where an error was raised: file, line and function."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno} {frames[-1].name}" if frames else ""


class OutageLog:
    """Logs when a server becomes unavailable, and when it has worked for 10 s without a failure.

    `seconds` is the longest time that a failing call takes. It is added to the 10 s, so that every call that began
    during the outage has ended.
    """

    def __init__(self, server: str, *, seconds: float = 0) -> None:
        self._server = server
        self._seconds = seconds
        self._failed_at: float | None = None

    def report_failure(self, error: BaseException) -> None:
        """Log that the server is unavailable, once for each outage."""
        if self._failed_at is None:
            log.warning("server_unavailable", server=self._server, error=error_name(error), at=error_location(error))
        self._failed_at = time.monotonic()

    def report_recovery(self) -> None:
        """Log the end of an outage, once no call has failed for long enough."""
        if self._failed_at is not None and time.monotonic() - self._failed_at > RECOVERY_SECONDS + self._seconds:
            log.info("server_available_again", server=self._server)
            self._failed_at = None

    @contextlib.contextmanager
    def suppress_errors(self) -> Iterator[None]:
        """Report an error that ends the block, and suppress it. Use this only for work that is tried again later."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  the worker must survive every error
            self.report_failure(error)
        else:
            self.report_recovery()
