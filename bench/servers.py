"""The API under uvicorn, its production server, and under granian: one process each, the same requests."""

from contextlib import AsyncExitStack
from functools import partial

from bench import booking, reads
from bench.figures import table
from bench.people import OFFICE, make_doctors
from bench.rounds import CLIENTS, by_turns
from bench.stack import Stack

GRANIAN = (
    *("--interface", "asgi", "--factory", "app.main:create_served_app", "--loop", "uvloop"),
    *("--http", "1", "--no-ws", "--no-log", "--host", "127.0.0.1", "--port"),
)
READ = "an appointment"


async def run(stack: Stack, *, full: bool) -> str:
    """Compare both servers with 16 clients each."""
    seconds = 10 if full else 3
    async with stack.connection() as db:
        kinds = await reads.make_reads(db, await make_doctors(db, reads.DOCTORS, hours=OFFICE))
    async with AsyncExitStack() as servers:
        (api,) = await servers.enter_async_context(stack.apis(1))
        rivals = {
            "uvicorn": (api.url, api.child.pid),
            "granian": await servers.enter_async_context(stack.served("granian", *GRANIAN)),
        }
        results = await by_turns(
            {
                f"{act}: {name}": partial(doing, server)
                for name, server in rivals.items()
                for act, doing in {
                    "booking": partial(booking.over_http, stack, seconds),
                    READ: partial(reads.over_http, stack, kinds[READ].requests, CLIENTS),
                }.items()
            },
            full=full,
        )
    return table(booking.COLUMNS, (booking.line(*item) for item in sorted(results.items())))
