"""Logs: one event on each line, as JSON or, with DEBUG, as readable text.

The messages of errors are never logged, because they can quote personal data.
"""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import Any

import structlog
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import ExceptionRenderer, JSONRenderer
from structlog.typing import EventDict, ExcInfo, Processor

log = structlog.get_logger()

# The X-Request-ID that is added to every log line of this task.
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

FRAME_PREFIX = '  File "'  # begins the lines of a traceback that contain file and line number


def configure_logs(*, debug: bool) -> None:
    """Configure structlog for this process: JSON, or readable text with `debug`."""
    shape: Processor = (
        ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=plain_traceback) if debug else JSONRenderer()
    )
    structlog.configure(
        processors=[
            add_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            ExceptionRenderer(without_messages),
            shape,
        ]
    )


def add_request_id(_: Any, __: str, line: EventDict) -> EventDict:
    """Add the request's id to a line. Costs less than structlog's merge_contextvars, which reads all variables."""
    if found := request_id.get():
        line["request"] = found
    return line


def capture_library_logs() -> None:
    """Log the records of libraries, warnings and uncaught exceptions in the same format."""
    logging.basicConfig(level=logging.WARNING, handlers=[_ToStructlog()], force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_crash
    sys.unraisablehook = lambda lost: log.error("error_ignored", exc_info=lost.exc_value)


def without_messages(exc_info: ExcInfo) -> str:
    """Format the traceback of an error and its causes, with names and codes in place of the messages."""
    return "\n".join(line for error in reversed(list(_causes(exc_info[1]))) for line in _traceback_lines(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _traceback_lines(error: BaseException) -> Iterator[str]:
    yield from "".join(traceback.format_tb(error.__traceback__)).splitlines()
    codes = (getattr(error, name, None) for name in ("sqlstate", "constraint_name"))
    yield " ".join([type(error).__qualname__, *filter(None, codes)])
    for inner in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _traceback_lines(inner)


class _ToStructlog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Log a library's record under its name, with the first line of its text: further lines can quote errors."""
        first, *others = record.getMessage().splitlines() or [""]
        frames = [line for line in others if line.startswith(FRAME_PREFIX)] if first.startswith("Traceback") else []
        level = min(record.levelno // 10 * 10, logging.CRITICAL)
        log.log(level, record.name, text="\n".join([first, *frames]), exc_info=record.exc_info)


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        log.critical("crashed", exc_info=(kind, error, trace))
