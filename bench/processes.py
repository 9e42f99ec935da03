"""What a process needs: memory at rest, under load and after it, and the time until it answers."""

import asyncio
import time
from pathlib import Path

from bench import wrk
from bench.figures import table
from bench.people import make_wishes
from bench.stack import Stack

STARTS = 5
SECONDS, SOAK = 10, 600  # of mixed traffic


def resident(pid: int) -> float:
    """Return a process's memory, resident set size, in MB (proc(5): VmRSS)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (kilobytes,) = [line.split()[1] for line in lines if line.startswith("VmRSS")]
    return int(kilobytes) / 1000


async def run(stack: Stack, *, full: bool) -> str:
    """Start API and worker, and let them work."""
    memory = await _memory(stack, SOAK if full else SECONDS)
    starts = [await _start(stack) for _ in range(STARTS)]
    columns = ("start", "API answers, s", "worker works, s")
    return f"{memory}\n\n{table(columns, [(n, *seconds) for n, seconds in enumerate(starts, 1)])}"


async def _memory(stack: Stack, seconds: int) -> str:
    async with stack.connection() as db:
        wishes = await make_wishes(db, seconds * 20)
    bookings = wrk.write_requests(stack.home / "bookings.txt", map(wrk.booking, wishes))
    reads = wrk.write_requests(
        stack.home / "reads.txt",
        [wrk.get("doctors/"), wrk.get(f"doctors/{wishes[0].doctor}/slots/?limit=100"), wrk.get("slots/?limit=10")],
    )
    lines = []
    async with stack.apis(1) as (api,), stack.workers(1) as (worker,):
        lines.append(("at rest", resident(api.child.pid), resident(worker.child.pid)))
        async with (
            wrk.in_background(api.url, bookings, wrk.Load(2, pause=0.2)),
            wrk.in_background(api.url, reads, wrk.Load(2, pause=0.01, again=True)),
        ):
            for part in range(1, 5):
                await asyncio.sleep(seconds / 4)
                name = f"after {part * seconds / 4:g} s of bookings and reads"
                lines.append((name, resident(api.child.pid), resident(worker.child.pid)))
    return table(("", "API, MB", "worker, MB"), lines)


async def _start(stack: Stack) -> tuple[float, float]:
    began = time.monotonic()
    async with stack.apis(1):
        api = time.monotonic() - began
    began = time.monotonic()
    async with stack.workers(1):
        return api, time.monotonic() - began
