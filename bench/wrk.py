"""Generates load with wrk, a client that uses little CPU, from a file of requests."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Iterable, Set
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.people import PASSWORD, Wish
from bench.rounds import Done

PROGRAM = "wrk"
SCRIPT = Path(__file__).with_name("wrk.lua")
RESULT = b"RESULT "


class Load(NamedTuple):
    """The load: the number of connections, and each connection's pause before every request in seconds."""

    connections: int = 16
    pause: float = 0
    again: bool = False  # repeat the requests; otherwise each is sent once


class Answers(msgspec.Struct):
    """The result of wrk, with latencies in milliseconds."""

    statuses: dict[str, int]
    seconds: float
    p50: float
    p99: float
    errors: int
    used_up: bool  # whether wrk ran out of requests

    @property
    def ok(self) -> int:
        """The number of successful requests."""
        return sum(number for status, number in self.statuses.items() if status.startswith("2"))


def get(path: str, bearer: str = "-") -> str:
    """Return a read request."""
    return f"GET /api/{path} {bearer} -"


def booking(wish: Wish) -> str:
    """Return a booking request."""
    body = json.dumps({"doctor": wish.doctor, "appointment_date": wish.start.isoformat()})
    return f"POST /api/appointments/appointments/ {wish.token} {body}"


def cancellation(appointment: int, bearer: str) -> str:
    """Return a cancellation request."""
    return f"POST /api/appointments/appointments/{appointment}/cancel/ {bearer} -"


def login(username: str) -> str:
    """Return a login request with PASSWORD."""
    return f"POST /api/accounts/login/ - {json.dumps({'username': username, 'password': PASSWORD})}"


def write_requests(path: Path, requests: Iterable[str]) -> Path:
    """Write the requests to a file for wrk."""
    path.write_text("".join(f"{request}\n" for request in requests))
    return path


async def start(url: str, requests: Path, seconds: float, load: Load) -> asyncio.subprocess.Process:
    """Start wrk."""
    return await asyncio.create_subprocess_exec(
        PROGRAM,
        *(f"-c{load.connections}", "-t1", f"-d{max(1, round(seconds))}s", "--timeout", "30s"),
        *("-s", SCRIPT, url, "--", requests, str(round(load.pause * 1000))),
        "again" if load.again else "once",
        stdout=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"]},
    )


async def finish(process: asyncio.subprocess.Process) -> Answers:
    """Wait until wrk ends and return its result. Raises RuntimeError if it failed."""
    output, _ = await process.communicate()
    line = next((line for line in output.splitlines() if line.startswith(RESULT)), None)
    if line is None:
        raise RuntimeError("wrk failed; its output says why")
    return msgspec.json.decode(line.removeprefix(RESULT), type=Answers)


def expect(answers: Answers, statuses: Set[str]) -> None:
    """Raise RuntimeError if there were unexpected answers, no answers, or too few requests."""
    if answers.used_up:
        raise RuntimeError("this machine is so fast that the requests were used up: increase MOST_PER_SECOND")
    if answers.errors or not answers.statuses or not answers.statuses.keys() <= statuses:
        raise RuntimeError(f"wrk received unexpected answers: {answers}")


def all_of(answers: list[Answers], status: str = "201") -> Done:
    """Combine the results of concurrent clients. Raises RuntimeError for an answer with another status."""
    for one in answers:
        expect(one, {status})
    number = sum(a.ok for a in answers)
    return Done(
        number,
        max(a.seconds for a in answers),
        sum(a.p50 * a.ok for a in answers) / number,
        max(a.p99 for a in answers),
    )


@asynccontextmanager
async def in_background(
    url: str, requests: Path, load: Load, statuses: Set[str] = frozenset({"200"})
) -> AsyncIterator[None]:
    """Send requests to `url` while the block runs. Raises RuntimeError for an answer with another status."""

    process = await start(url, requests, 24 * 3600, load)
    try:
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        answers = await finish(process)
    expect(answers, statuses)
