"""`booking up`: runs the stack until a signal stops it."""

import asyncio
import os
import signal
from pathlib import Path

from app.sandbox.errors import SandboxError
from app.sandbox.stack.home import locked_home
from app.sandbox.stack.stack import Stack
from app.sandbox.stack.view import View

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(home: Path, port: int) -> int:
    """Run the stack of `home` with its API on `port` (0: any free one), and return the exit code after the stop.

    Raises SandboxError if the stack does not start.
    """
    try:
        with locked_home(home.resolve()) as ours, View() as view:
            return asyncio.run(_run_until_stopped(Stack(ours, port, os.environ, view)))
    except OSError as error:
        raise SandboxError(f"{error.filename or home}: {error.strerror or error}") from error


async def _run_until_stopped(stack: Stack) -> int:
    """Return 0 after a requested stop, or 130, as shells do, if a second Ctrl-C killed the components."""
    stopping, killed = asyncio.Event(), asyncio.Event()

    def on_signal(number: signal.Signals) -> None:
        if stopping.is_set() and number == signal.SIGINT:
            stack.kill()
            killed.set()
        stopping.set()

    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, on_signal, number)
    running, asked = asyncio.create_task(stack.run()), asyncio.create_task(stopping.wait())
    await asyncio.wait((running, asked), return_when=asyncio.FIRST_COMPLETED)
    running.cancel()
    asked.cancel()
    await asyncio.gather(running, asked, return_exceptions=True)
    await stack.stop()
    if not stopping.is_set():
        running.result()  # raises the error that ended the stack
    return 130 if killed.is_set() else 0
