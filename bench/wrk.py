"""The load: wrk, which costs little itself, with the requests of a file."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.people import Wish
from bench.rounds import Done

PROGRAM = "wrk"
SCRIPT = Path(__file__).with_name("wrk.lua")
RESULT = b"RESULT "


class Load(NamedTuple):
    """How wrk calls: so many connections, each with so long a pause before every request, in seconds."""

    connections: int = 16
    threads: int = 1
    pause: float = 0
    again: bool = False  # begin anew when all requests were sent; else each is sent once


class Answers(msgspec.Struct):
    """What wrk saw; latencies in milliseconds."""

    statuses: dict[str, int]
    seconds: float
    p50: float
    p99: float
    errors: int
    used_up: int  # threads that ran out of requests

    @property
    def ok(self) -> int:
        """How many requests succeeded."""
        return sum(number for status, number in self.statuses.items() if status.startswith("2"))


def get(path: str, bearer: str = "-") -> str:
    """Return the request that reads."""
    return f"GET /api/{path} {bearer} -"


def booking(wish: Wish) -> str:
    """Return the request that books."""
    body = json.dumps({"doctor": wish.doctor, "appointment_date": wish.start.isoformat()})
    return f"POST /api/appointments/appointments/ {wish.token} {body}"


def write_requests(path: Path, requests: Iterable[str]) -> Path:
    """Write the requests to a file for `wrk`."""
    path.write_text("".join(f"{request}\n" for request in requests))
    return path


async def start(url: str, requests: Path, seconds: float, load: Load) -> asyncio.subprocess.Process:
    """Start wrk."""
    return await asyncio.create_subprocess_exec(
        PROGRAM,
        *(f"-c{load.connections}", f"-t{load.threads}", f"-d{max(1, round(seconds))}s", "--timeout", "30s"),
        *("-s", SCRIPT, url, "--", requests, str(load.threads), str(round(load.pause * 1000))),
        "again" if load.again else "once",
        stdout=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"]},
    )


async def finish(process: asyncio.subprocess.Process) -> Answers:
    """Wait for wrk to end; return what it saw."""
    told, _ = await process.communicate()
    line = next(line for line in told.splitlines() if line.startswith(RESULT))
    return msgspec.json.decode(line.removeprefix(RESULT), type=Answers)


def all_of(answers: list[Answers], status: str = "201") -> Done:
    """Add up what several saw who called at once. Raises RuntimeError if an answer was another than expected."""
    others = [a for a in answers if a.errors or a.used_up or a.statuses.keys() != {status}]
    if others:
        raise RuntimeError(f"wrk did not get what it should: {others}")
    number = sum(a.ok for a in answers)
    return Done(
        number,
        max(a.seconds for a in answers),
        sum(a.p50 * a.ok for a in answers) / number,
        max(a.p99 for a in answers),
    )


@asynccontextmanager
async def in_background(url: str, requests: Path, load: Load) -> AsyncIterator[None]:
    """Call at `url` as long as the block runs."""
    process = await start(url, requests, 3600, load)
    try:
        yield
        if process.returncode is not None:
            raise RuntimeError("wrk ended too early: its requests were used up")
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
