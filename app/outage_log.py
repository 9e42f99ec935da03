"""Servers go away and come back: the log tells of it once at each end."""

import contextlib
import time
import traceback
from collections.abc import Iterator

import structlog

from app.db.errors import driver_error

log = structlog.get_logger()

RECOVERY_SECONDS = 10


def error_name(error: BaseException) -> str:
    """Name an error by its class and code alone: messages quote rows, addresses and names."""
    cause = driver_error(error)
    code = getattr(cause, "sqlstate", None) or getattr(cause, "code", None)
    return f"{type(cause).__name__} {code}" if code else type(cause).__name__


def error_location(error: BaseException) -> str:
    """Return where an error was raised: file, line and function."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno} {frames[-1].name}" if frames else ""


class OutageLog:
    """Tells the log once when a server cannot be used, and once when it has worked again for 10 s on end.

    A call that fails may do so only after `seconds`: so much longer it takes until none that was made meanwhile can.
    """

    def __init__(self, server: str, *, seconds: float = 0) -> None:
        self._server = server
        self._seconds = seconds
        self._failed_at: float | None = None

    def report_failure(self, error: BaseException) -> None:
        """Say that the server cannot be used, unless that has been said."""
        if self._failed_at is None:
            log.warning("server_unavailable", server=self._server, error=error_name(error), at=error_location(error))
        self._failed_at = time.monotonic()

    def report_recovery(self) -> None:
        """Say that the server can be used, if it could not; while only some calls fail, nothing is said."""
        if self._failed_at is not None and time.monotonic() - self._failed_at > RECOVERY_SECONDS + self._seconds:
            log.info("server_available_again", server=self._server)
            self._failed_at = None

    @contextlib.contextmanager
    def suppress_errors(self) -> Iterator[None]:
        """Let an error end the block and nothing more: what is left undone must be something that is tried again."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  whatever it is, the worker must live on
            self.report_failure(error)
        else:
            self.report_recovery()
