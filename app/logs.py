"""Logs: one line an event; readable with DEBUG, else JSON. Never a local variable: those hold tokens and passwords."""

import sys

import structlog
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.typing import Processor


def configure_logs(*, debug: bool) -> None:
    """Set up structlog for this process; `debug` makes it readable for people."""
    shape: list[Processor] = (
        [ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=plain_traceback)]
        if debug
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *shape,
        ]
    )
