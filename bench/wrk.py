"""The load: wrk, which costs little itself, with the requests of a file."""

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
    """How wrk calls: so many connections, each with so long a pause before every request, in seconds."""

    connections: int = 16
    pause: float = 0
    again: bool = False  # begin anew when all requests were sent; else each is sent once


class Answers(msgspec.Struct):
    """What wrk saw; latencies in milliseconds."""

    statuses: dict[str, int]
    seconds: float
    p50: float
    p99: float
    errors: int
    used_up: bool  # whether there were too few requests for the time

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


def cancellation(appointment: int, bearer: str) -> str:
    """Return the request that cancels."""
    return f"POST /api/appointments/appointments/{appointment}/cancel/ {bearer} -"


def login(username: str) -> str:
    """Return the request that logs in, with people's PASSWORD."""
    return f"POST /api/accounts/login/ - {json.dumps({'username': username, 'password': PASSWORD})}"


def write_requests(path: Path, requests: Iterable[str]) -> Path:
    """Write the requests to a file for `wrk`."""
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
    """Wait for wrk to end; return what it saw. Raises RuntimeError if it failed, and has said why."""
    told, _ = await process.communicate()
    line = next((line for line in told.splitlines() if line.startswith(RESULT)), None)
    if line is None:
        raise RuntimeError("wrk has failed")
    return msgspec.json.decode(line.removeprefix(RESULT), type=Answers)


def expect(answers: Answers, statuses: Set[str]) -> None:
    """Raise RuntimeError if there was another answer than expected, or none, or there were too few requests."""
    if answers.used_up:
        raise RuntimeError("this machine is so fast that the requests were used up: make more")
    if answers.errors or not answers.statuses or not answers.statuses.keys() <= statuses:
        raise RuntimeError(f"wrk did not get what it should: {answers}")


def all_of(answers: list[Answers], status: str = "201") -> Done:
    """Add up what several saw who called at once. Raises RuntimeError if an answer was another than expected."""
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
    """Call at `url` as long as the block runs. Raises RuntimeError if another answer came than of `statuses`."""
    process = await start(url, requests, 24 * 3600, load)
    try:
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        answers = await finish(process)
    expect(answers, statuses)
