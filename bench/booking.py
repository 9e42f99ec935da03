"""Booking over HTTP, compared with pgbench (same statement) and with a bare handler (same check and statement)."""

from contextlib import AsyncExitStack

import asyncpg

from app.domain.appointments.repository import BOOK
from bench import pgbench, wrk
from bench.bare import APART
from bench.figures import at_least, at_most, lines, plot, table
from bench.people import Wish, make_patients, make_wishes
from bench.rounds import CLIENTS, Done, Round, by_turns, measured
from bench.stack import Stack

API, BARE, BARE_APART, PGBENCH = "API", "bare handler", "bare handler, login apart", "pgbench"
MOST_PER_SECOND = 1500  # limits the number of prepared patients; a faster run fails
VARIABLES = """
\\set patient :first_patient + :n
\\set doctor :first_doctor + :n % :doctors
\\set start :first_start + (:n / :doctors) * 1800
"""
COLUMNS = ("", "requests/s", "p50, ms", "p99", "CPU a request, ms: server", "PostgreSQL", "Valkey", "client")


def script(wishes: list[Wish]) -> str:
    """Return the pgbench script that books `wishes`, whose patients and doctors have consecutive ids."""
    doctors = sorted({wish.doctor for wish in wishes})
    known = {
        ":first_patient": wishes[0].patient,
        ":first_doctor": doctors[0],
        ":doctors": len(doctors),
        ":first_start": int(wishes[0].start.timestamp()),
    }
    variables = VARIABLES
    for name, value in known.items():
        variables = variables.replace(name, str(value))
    return variables + pgbench.sent_for(":patient", "bench", BOOK, ":patient", ":doctor", "to_timestamp(:start)")


async def by_pgbench(stack: Stack, seconds: float) -> Round:
    """Book with pgbench."""
    wishes = await _wishes(stack, seconds)
    return await measured(stack, lambda: pgbench.run(stack, script(wishes), seconds, clients=CLIENTS))


async def over_http(stack: Stack, seconds: float, *servers: tuple[str, int]) -> Round:
    """Book over HTTP at the servers (URL and process id), which receive equal shares."""
    return await book(stack, await _wishes(stack, seconds), seconds, *servers)


async def book(stack: Stack, wishes: list[Wish], seconds: float, *servers: tuple[str, int]) -> Round:
    """Book as many of `wishes` as possible in `seconds`."""
    share = [wishes[n :: len(servers)] for n in range(len(servers))]
    files = [
        wrk.write_requests(stack.home / f"bookings{n}.txt", map(wrk.booking, part)) for n, part in enumerate(share)
    ]

    async def act() -> Done:
        load = wrk.Load(CLIENTS // len(servers))
        running = [await wrk.start(url, file, seconds, load) for (url, _), file in zip(servers, files, strict=True)]
        return wrk.all_of([await wrk.finish(process) for process in running])

    return await measured(stack, act, *(pid for _, pid in servers))


async def _wishes(stack: Stack, seconds: float) -> list[Wish]:
    async with stack.connection() as db:
        wishes = await make_wishes(db, await make_patients(db, round(seconds * MOST_PER_SECOND)))
        await settle(db)
    return wishes


async def settle(db: asyncpg.Connection) -> None:
    """Run ANALYZE and CHECKPOINT, so that neither happens during a round."""
    await db.execute("ANALYZE account, doctor, patient, working_hours, appointment")
    await db.execute("CHECKPOINT")


def line(name: str, result: Round) -> tuple[object, ...]:
    """Return a row of the table."""
    return name, result.rate, result.p50, result.p99, result.api, result.postgres, result.valkey, result.client


async def run(stack: Stack, *, full: bool) -> str:
    """Compare the API (one and two processes), the bare handler (both variants) and pgbench."""
    seconds = 10 if full else 2
    async with AsyncExitStack() as servers:
        apis = await servers.enter_async_context(stack.apis(2, limited=True))
        bare = await servers.enter_async_context(stack.served("bench.bare"))
        apart = await servers.enter_async_context(stack.served("bench.bare", APART))
        one, two = [(api.url, api.child.pid) for api in apis]
        results = await by_turns(
            {
                API: lambda: over_http(stack, seconds, one),
                "API, two processes": lambda: over_http(stack, seconds, one, two),
                BARE: lambda: over_http(stack, seconds, bare),
                BARE_APART: lambda: over_http(stack, seconds, apart),
                PGBENCH: lambda: by_pgbench(stack, seconds),
            },
            full=full,
        )
    api = results[API]
    return lines(
        table(COLUMNS, (line(*item) for item in results.items())),
        at_least("API's rate / pgbench's", api.rate / results[PGBENCH].rate, 0.35),
        *(at_most(f"CPU of API / {bare}", api.api / results[bare].api, 1.3) for bare in (BARE, BARE_APART)),
        plot("Bookings, 16 clients", "requests a second", {name: result.rate for name, result in results.items()}),
    )
