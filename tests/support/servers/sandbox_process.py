"""Runs `booking up` in a process of its own."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from app.sandbox.servers.leftovers import leftovers
from app.sandbox.stack.environment import ONLY_WITH_DATABASE_URL
from app.sandbox.stack.service import ROOT

NOT_OURS = {*ONLY_WITH_DATABASE_URL, "DATABASE_URL", "REDIS_URL", "EMAIL_HOST", "PAYPAL_BASE_URL", "PUBLIC_URL"}
SECONDS = 90


class BookingUp:
    """A `booking up`; the file `output` has its standard output and error."""

    def __init__(self, home: Path, *, port: int = 0, given: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.output = home.with_name(f"{home.name}.{time.monotonic_ns()}.txt")
        self._arguments = ("up", "--home", str(home), "--port", str(port))
        kept = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        self._environment = {**kept, **(given or {})}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The supervisor's process."""
        assert self._process
        return self._process

    async def start(self, stdout: int | None = None) -> "BookingUp":
        """Start it, without waiting until it is ready. `stdout` is a file descriptor for its standard output."""
        with self.output.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "app.cli", *self._arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output if stdout is None else stdout,
                stderr=output,
                cwd=ROOT,
                env=self._environment,
                start_new_session=True,  # a process group of its own, as in a terminal
            )
        return self

    async def ready(self) -> dict[str, Any]:
        """Wait for its `stack.json`, and return the content."""
        return await self.stack(lambda stack: stack["pids"]["supervisor"] == self.process.pid)

    async def stack(self, is_right: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the content of `stack.json` meets a condition, and return it."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            assert self.process.returncode is None, self.output.read_text()
            stack = self._read()
            if stack and is_right(stack):
                return stack
            await asyncio.sleep(0.05)
        raise TimeoutError(self.output.read_text())

    async def wait_for_output(self, text: str) -> None:
        """Wait until its output contains `text`."""
        async with asyncio.timeout(SECONDS):
            while text not in self.output.read_text():  # noqa: ASYNC110  another process writes it
                await asyncio.sleep(0.02)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal, if it still runs; return its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        """Wait until it ends; return its exit code."""
        return await asyncio.wait_for(self.process.wait(), SECONDS)

    def _read(self) -> dict[str, Any] | None:
        try:
            stack: dict[str, Any] = json.loads((self.home / "stack.json").read_text())
        except FileNotFoundError:
            return None
        return stack


Start = Callable[..., Awaitable[BookingUp]]


async def no_processes_left(home: Path) -> bool:
    """Whether all processes of the stack end within 20 s."""
    for _ in range(400):
        if not leftovers(home):
            return True
        await asyncio.sleep(0.05)
    return False
