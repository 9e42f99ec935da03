"""The API and the worker: this project's own commands, as child processes."""

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

import app
from app.sandbox.process import Child, Program

# `python -m app.cli` looks in the current folder first; where the user stands there may be another `app`.
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
        """Start it."""
        await self.child.start(booking_command("worker", environment=environment))


class Api:
    """`booking api` on one port of 127.0.0.1."""

    def __init__(self, home: Path) -> None:
        self.child = Child("api", home)
        self.url = ""
        self._served = False

    async def start(self, port: int, environment: Mapping[str, str]) -> None:
        """Start it and wait until it serves; a later time, until it answers: what it needs may be down as well.

        Raises SandboxError, with what is wrong, if it does not come to that.
        """
        self.url = f"http://127.0.0.1:{port}"
        arguments = ("api", "--host", "127.0.0.1", "--port", str(port))
        await self.child.start(booking_command(*arguments, environment=environment))
        if trouble := await self._trouble("/health/live" if self._served else "/health/ready"):
            await self.child.stop()
            raise self.child.failure(f"the API did not start ({trouble})")
        self._served = True

    async def _trouble(self, path: str) -> str | None:
        """Return None as soon as `path` answers 200; if it does not in time, what it does instead."""
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
