"""The worker as a process of its own, as it runs in production."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import app

ROOT = Path(app.__file__).parents[1]
T = TypeVar("T")


async def eventually(check: Callable[[], Awaitable[T]], *, seconds: float = 90) -> T:
    """Return the first true answer of `check`, which is asked again and again. Raises TimeoutError if none comes."""
    async with asyncio.timeout(seconds):
        while not (answer := await check()):  # noqa: ASYNC110  it happens in another process
            await asyncio.sleep(0.05)
    return answer


LINE = re.compile(r"(?P<timestamp>\S+Z) \[(?P<level>\w+) *\] (?P<event>\S+) *(?P<more>.*)")


def _read_for_people(line: str) -> dict[str, Any]:
    match = LINE.fullmatch(line)
    assert match, line
    return match.groupdict()


class WorkerProcess:
    """`booking worker`, with its log in a file."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process's id; None unless it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start the process and wait until it has begun to work."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "app.cli", "worker"),
                env={"PATH": os.environ["PATH"], **self._environment},
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        before = len(self.logged("working"))

        async def works() -> bool:
            assert self._process
            assert self._process.returncode is None, self._log.read_text()
            return len(self.logged("working")) > before

        await eventually(works)

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return the log's lines about an event. Fails if a line of the log is not JSON, or with DEBUG as it is then."""
        read = _read_for_people if self._environment.get("DEBUG") else json.loads
        lines = [read(line) for line in self.log.splitlines()]
        return [line for line in lines if line["event"] == event]

    @property
    def log(self) -> str:
        """The whole log."""
        return self._log.read_text()

    async def kill(self) -> None:
        """End the process at once (-9), if it lives."""
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def terminate(self, number: int = signal.SIGTERM) -> None:
        """Ask the process to stop."""
        assert self._process
        self._process.send_signal(number)

    async def wait(self) -> int:
        """Wait until it has ended; return its exit code."""
        assert self._process
        return await asyncio.wait_for(self._process.wait(), 60)
