"""Runs the API and the worker as child processes."""

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

import app
from app.sandbox.servers.ports import start_on_port
from app.sandbox.servers.process import Child, Program

# `python -m app.cli` first searches the current folder, which may contain another `app`.
ROOT = Path(app.__file__).parents[1]
SECONDS_TO_ANSWER = 60


def booking_command(*arguments: str, environment: Mapping[str, str]) -> Program:
    """Return the program that runs `booking` with `arguments`."""
    return Program((sys.executable, "-m", "app.cli", *arguments), environment, ROOT)


class Worker:
    """`booking worker`."""

    def __init__(self, home: Path) -> None:
        self.child = Child("worker", home)

    async def start(self, environment: Mapping[str, str]) -> None:
        """Start the worker."""
        await self.child.start(booking_command("worker", environment=environment))


class Api:
    """`booking api` on one port of 127.0.0.1."""

    def __init__(self, home: Path) -> None:
        self.child = Child("api", home)
        self.port = 0
        self._trouble: str | None = None
        self._has_served = False

    @property
    def url(self) -> str:
        """The address of the API."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self, environment: Mapping[str, str], port: int | None = None) -> None:
        """Start the API on `port` or on a free one, and wait until it is ready.

        A restart waits only until the API is live, because its servers may be down as well. Raises SandboxError with
        the reason if the API does not start.
        """
        if not await start_on_port(port, lambda port: self._start_and_wait(port, environment)):
            raise self.child.failure(f"the API did not start ({self._trouble})")
        self._has_served = True

    async def _start_and_wait(self, port: int, environment: Mapping[str, str]) -> bool:
        self.port = port
        arguments = ("api", "--host", "127.0.0.1", "--port", str(port))
        variables = {"PUBLIC_URL": self.url, **environment}
        await self.child.start(booking_command(*arguments, environment=variables))
        self._trouble = await self._wait_for_answer("/health/live" if self._has_served else "/health/ready")
        if self._trouble:
            await self.child.stop()
        return self._trouble is None

    async def _wait_for_answer(self, path: str) -> str | None:
        """Return None as soon as `path` answers with success, or else the problem after a time limit."""
        trouble = "it does not answer"
        deadline = time.monotonic() + SECONDS_TO_ANSWER
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=5) as client:
            while self.child.running and time.monotonic() < deadline:
                try:
                    answer = await client.get(path)
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                    continue
                if answer.is_success:
                    return None
                trouble = answer.text
                await asyncio.sleep(0.05)
        return trouble if self.child.running else "it ended"
