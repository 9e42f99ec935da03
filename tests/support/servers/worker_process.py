"""Runs `booking worker` in a process of its own, forked from one that has imported it, which saves seconds.

tests/e2e and tests/sandbox start it as in production.
"""

import asyncio
import json
import os
import re
import signal
from collections.abc import Awaitable, Callable, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, TypeVar

from app.cli import main
from tests.support.servers.forks import FORK_SERVER, ROOT, redirect_output

T = TypeVar("T")


async def eventually(check: Callable[[], Awaitable[T]], *, seconds: float = 90) -> T:
    """Call `check` until it returns a true value; return that. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not (answer := await check()):  # noqa: ASYNC110  another process makes it true
            await asyncio.sleep(0.05)
    return answer


async def eventually_is(expected: T, value: Callable[[], Awaitable[T]]) -> None:
    """Wait until `value` returns the expected value. Raises TimeoutError."""

    async def is_as_expected() -> bool:
        return await value() == expected

    await eventually(is_as_expected)


LINE = re.compile(r"(?P<timestamp>\S+Z) \[(?P<level>\w+) *\] (?P<event>\S+) *(?P<more>.*)")


def _run_worker(environment: dict[str, str], log: Path) -> None:
    redirect_output(log)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    main(["worker"])


def _parse_debug_line(line: str) -> dict[str, Any]:
    match = LINE.fullmatch(line)
    assert match, line
    return match.groupdict()


class WorkerProcess:
    """A `booking worker` with its log in a file."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        self._process: ForkServerProcess | None = None

    @property
    def pid(self) -> int | None:
        """The process id; None if it is not running."""
        return self._process.pid if self._process and self._process.is_alive() else None

    async def start(self) -> None:
        """Start the process, and wait until it logs `worker_started`."""
        before = 0
        if self._log.exists():
            if not self.log.endswith("\n"):  # a killed worker may leave a line without its end
                self._log.write_text(f"{self.log}\n")
            before = len(self.logged("worker_started"))
        environment = {"PATH": os.environ["PATH"], **self._environment}
        self._process = FORK_SERVER.Process(target=_run_worker, args=(environment, self._log))
        await asyncio.to_thread(self._process.start)

        async def works() -> bool:
            assert self.pid, self._log.read_text()
            return self._log.exists() and len(self.logged("worker_started")) > before

        await eventually(works)

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of the log about an event. Fails if a line is not JSON, or with DEBUG not a console line."""
        read = _parse_debug_line if self._environment.get("DEBUG") else json.loads
        lines = [read(line) for line in self.log.splitlines()]
        return [line for line in lines if line["event"] == event]

    async def wait_for_log(self, event: str, times: int = 1) -> list[dict[str, Any]]:
        """Wait until the log has that many lines about an event; return them."""

        async def are_there() -> list[dict[str, Any]]:
            lines = self.logged(event)
            return lines if len(lines) >= times else []

        return await eventually(are_there)

    @property
    def log(self) -> str:
        return self._log.read_text()

    async def kill(self) -> None:
        """Send SIGKILL, if the process runs, and wait until it ends."""
        if self._process:
            self._process.kill()
            await asyncio.to_thread(self._process.join)

    def terminate(self, number: int = signal.SIGTERM) -> None:
        """Send the process a signal, SIGTERM by default."""
        assert self._process
        assert self._process.pid
        os.kill(self._process.pid, number)

    async def wait(self) -> int | None:
        """Wait for at most a minute until the process ends; return its exit code, None if it still runs."""
        assert self._process
        await asyncio.to_thread(self._process.join, 60)
        return self._process.exitcode
