"""The memory of the processes at rest and under load, and their start-up time."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bench import wrk
from bench.figures import at_most, lines, table
from bench.people import SEATS, make_patients, make_wishes, with_passwords
from bench.proc import resident, together
from bench.stack import Stack

STARTS = 5
SECONDS, SOAK, PARTS = 10, 600, 4  # duration of the mixed traffic, with --full, and number of samples
PAUSE = 0.2  # seconds between two requests of the two connections that book and the two that cancel
A_SECOND = 15  # prepared requests per second, more than these connections send
PEOPLE = 50  # who log in
BOOK = "SELECT id FROM book($1, $2, $3)"


async def run(stack: Stack, *, full: bool) -> str:
    """Measure the memory of API and worker under mixed traffic, and their start-up times."""
    memory = await _memory(stack, SOAK if full else SECONDS)
    starts = [await _start(stack) for _ in range(STARTS)]
    columns = ("start", "API answers, s", "worker works, s")
    return lines(memory, table(columns, [(n, *seconds) for n, seconds in enumerate(starts, 1)]))


async def _memory(stack: Stack, seconds: int) -> str:
    rows: list[tuple[str, float, float, float, float]] = []
    async with stack.apis(1) as (api,), stack.workers(1) as (worker,):

        def look(when: str) -> None:
            own = (resident(pid) for pid in (api.child.pid, worker.child.pid, stack.redis.pid))
            rows.append((when, *own, together(stack.postgres.pid)))  # type: ignore[arg-type]

        look("at rest")
        async with _mixed_traffic(stack, api.url, seconds):
            for part in range(1, PARTS + 1):
                await asyncio.sleep(seconds / PARTS)
                look(f"after {part * seconds / PARTS:g} s")
    (_, at_rest, *_), *_, (_, before, *_), (_, last, *_) = rows
    return lines(
        table(("", "API, MB", "worker, MB", "Valkey, MB", "PostgreSQL, MB"), rows),
        at_most("API's memory at rest, MB", at_rest, 150),
        at_most(f"API's memory at the end / {seconds / PARTS:g} s earlier", last / before, 1.01),
    )


@asynccontextmanager
async def _mixed_traffic(stack: Stack, url: str, seconds: int) -> AsyncIterator[None]:
    """Book, cancel, log in and read while the block runs."""
    async with stack.connection() as db:
        patients = await make_patients(db, seconds * A_SECOND)
        wishes = await make_wishes(db, patients)
        others = await make_wishes(db, patients, first_slot=SEATS)  # booked here and canceled by the traffic
        to_cancel = [await db.fetchval(BOOK, other.patient, other.doctor, other.start) for other in others]
        people = await with_passwords(db, patients[:PEOPLE])
    doctor = wishes[0].doctor
    calls = {
        "bookings": ([wrk.booking(wish) for wish in wishes], wrk.Load(2, pause=PAUSE), "201"),
        "cancellations": (
            [wrk.cancellation(id_, other.token) for id_, other in zip(to_cancel, others, strict=True)],
            wrk.Load(2, pause=PAUSE),
            "200",
        ),
        "logins": (list(map(wrk.login, people)), wrk.Load(1, pause=1, again=True), "200"),
        "reads": (
            [wrk.get("doctors/"), wrk.get(f"doctors/{doctor}/slots/?limit=100"), wrk.get("slots/?limit=10")],
            wrk.Load(2, pause=0.01, again=True),
            "200",
        ),
    }
    async with AsyncExitStack() as running:
        for name, (requests, load, status) in calls.items():
            file = wrk.write_requests(stack.home / f"{name}.txt", requests)
            await running.enter_async_context(wrk.in_background(url, file, load, {status}))
        yield


async def _start(stack: Stack) -> tuple[float, float]:
    began = time.monotonic()
    async with stack.apis(1):
        api = time.monotonic() - began
    began = time.monotonic()
    async with stack.workers(1):
        return api, time.monotonic() - began
