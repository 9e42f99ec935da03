"""A component's process: it has its own session, logs to a file, and ends with its parent."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from app.sandbox.errors import SandboxError

LAUNCHER = Path(__file__).with_name("launch.py")
MARK = "BOOKING_SANDBOX"  # a variable of every component, with the value NAME:HOME, to identify its process
LOG_LINES_SHOWN = 8


class Stop(NamedTuple):
    """A signal, and the seconds to wait for its effect."""

    signal: signal.Signals
    seconds: float


class Program(NamedTuple):
    """A command with its environment, working directory and identity (see launch.py)."""

    command: Sequence[str | Path]
    environment: Mapping[str, str]
    directory: Path
    identity: str = "self"


POLITE = (Stop(signal.SIGTERM, 15), Stop(signal.SIGKILL, 5))


def launcher(identity: str, death_signal: signal.Signals) -> tuple[str, ...]:
    """Return a command prefix that runs a program as `identity` and ends it when this process ends."""
    script = (sys.executable, "-I", "-S", str(LAUNCHER))
    return (*script, str(os.getpid()), identity, str(int(death_signal)))


class Child:
    """A component's process, which can be started again after it has ended.

    Its output goes to `home/logs/<name>.log`. The first start moves an earlier run's log to `<name>.log.1`.
    If this process dies, the kernel sends the first signal of `stops`.
    """

    def __init__(self, name: str, home: Path, *, stops: Sequence[Stop] = POLITE) -> None:
        self.name = name
        self.log = home / "logs" / f"{name}.log"
        self._home = home
        self._stops = stops
        self._process: asyncio.subprocess.Process | None = None
        self._rotated = False

    @property
    def pid(self) -> int:
        """The process id; 0 before the start and after a stop."""
        return self._process.pid if self._process else 0

    @property
    def running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self, program: Program) -> None:
        """Start `program`. Raises OSError if its log cannot be written."""
        with self._open_log() as log:
            self._process = await asyncio.create_subprocess_exec(
                *launcher(program.identity, self._stops[0].signal),
                *program.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=program.directory,
                env={**program.environment, MARK: f"{self.name}:{self._home}"},
                start_new_session=True,  # Ctrl-C must not reach it: the supervisor stops components in order
            )

    async def run(self, program: Program) -> int:
        """Run `program` and return its exit code. If the call is canceled, the process is stopped."""
        try:
            await self.start(program)
            return await self.wait()
        finally:
            await self.stop()

    async def wait(self) -> int:
        """Wait until the process ends and return its exit code (a negated signal number if a signal ended it)."""
        return await self._process.wait() if self._process else 0

    async def stop(self) -> None:
        """Stop the process with the signals of `stops` in turn, then kill the rest of its process group."""
        for number, seconds in self._stops:
            if not self.running:
                break
            self._send(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.wait(), seconds)
        self.kill()
        self._process = None

    def kill(self) -> None:
        """Send SIGKILL to the process group."""
        if self._process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def failure(self, what: str) -> SandboxError:
        """Return an error with the message `what` and the end of the log."""
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return SandboxError("\n  ".join([f"{what}; see {self.log}", *lines[-LOG_LINES_SHOWN:]]))

    def _send(self, number: signal.Signals) -> None:
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def _open_log(self) -> BinaryIO:
        self.log.parent.mkdir(exist_ok=True)
        if not self._rotated and self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        self._rotated = True
        return self.log.open("ab")
