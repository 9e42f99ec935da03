"""The worker as a process of its own: `booking worker`, but forked from one that has imported it, which saves seconds.

As it runs in production, from nothing, it runs in tests/e2e and tests/sandbox.
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
    """Return the first true answer of `check`, which is asked again and again. Raises TimeoutError if none comes."""
    async with asyncio.timeout(seconds):
        while not (answer := await check()):  # noqa: ASYNC110  it happens in another process
            await asyncio.sleep(0.05)
    return answer


async def eventually_is(expected: T, value: Callable[[], Awaitable[T]]) -> None:
    """Wait until `value` returns what is expected. Raises TimeoutError if it never does."""

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
    """`booking worker`, with its log in a file."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        self._process: ForkServerProcess | None = None

    @property
    def pid(self) -> int | None:
        """The process's id; None unless it runs."""
        return self._process.pid if self._process and self._process.is_alive() else None

    async def start(self) -> None:
        """Start the process and wait until it has begun to work."""
        before = len(self.logged("worker_started")) if self._log.exists() else 0
        environment = {"PATH": os.environ["PATH"], **self._environment}
        self._process = FORK_SERVER.Process(target=_run_worker, args=(environment, self._log))
        await asyncio.to_thread(self._process.start)

        async def works() -> bool:
            assert self.pid, self._log.read_text()
            return self._log.exists() and len(self.logged("worker_started")) > before

        await eventually(works)

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return the log's lines about an event. Fails if a line of the log is not JSON, or with DEBUG as it is then."""
        read = _parse_debug_line if self._environment.get("DEBUG") else json.loads
        lines = [read(line) for line in self.log.splitlines()]
        return [line for line in lines if line["event"] == event]

    async def wait_for_log(self, event: str, times: int = 1) -> list[dict[str, Any]]:
        """Return the log's lines about an event once there are that many: a line comes after what it tells of."""

        async def are_there() -> list[dict[str, Any]]:
            lines = self.logged(event)
            return lines if len(lines) >= times else []

        return await eventually(are_there)

    @property
    def log(self) -> str:
        return self._log.read_text()

    async def kill(self) -> None:
        """End the process at once (-9), if it lives."""
        if self._process:
            self._process.kill()
            await asyncio.to_thread(self._process.join)

    def terminate(self, number: int = signal.SIGTERM) -> None:
        """Ask the process to stop."""
        assert self._process
        assert self._process.pid
        os.kill(self._process.pid, number)

    async def wait(self) -> int | None:
        """Wait until it has ended, for a minute at most; return its exit code, None if it lives."""
        assert self._process
        await asyncio.to_thread(self._process.join, 60)
        return self._process.exitcode
