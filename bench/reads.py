"""Reading over HTTP, beside pgbench with the same statement: an appointment, a list, a doctor's slots, the search."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NamedTuple

import asyncpg

from app.domain.appointments.repository import FIND, PAGE
from app.domain.doctors.repository import FREE_SLOTS, SEARCH
from bench import pgbench, wrk
from bench.figures import table
from bench.people import OFFICE, make_doctors, make_patients, token
from bench.pgbench import sent_for
from bench.rounds import Done, Round, by_turns, measured
from bench.stack import Stack

DOCTORS, APPOINTMENTS = 20, 20  # appointments of each doctor
SPECIALTIES = (10, 100, 1000, 10_000)  # each of so many doctors, all in one database
SECONDS = 3
COLUMNS = (
    *("", "client", "requests/s", "of pgbench's", "p50, ms", "p99"),
    *("CPU a request, ms: API", "PostgreSQL", "client"),
)
BOOK = "SELECT b.id FROM book($1, $2, (SELECT starts_at FROM free_slots($2, now(), 'infinity') OFFSET 40 LIMIT 1)) AS b"
EVER = ("'0001-01-01Z'::timestamptz", "'9999-12-31Z'::timestamptz")


class Read(NamedTuple):
    """A way to read: the requests, and the same for pgbench."""

    requests: list[str]
    script: str


async def make_reads(
    db: asyncpg.Connection, doctors: list[int], specialties: Sequence[int] = SPECIALTIES
) -> dict[str, Read]:
    """Add appointments of `doctors`, and specialties of so many other doctors each; return what there is to read."""
    for number in specialties:
        await make_doctors(db, number, specialty=f"specialty of {number}", hours=OFFICE)
    booked = [await _book(db, doctor) for doctor in doctors]
    await db.execute("VACUUM ANALYZE")
    doctor, ids = doctors[0], booked[0]
    mine = token(doctor, "doctor")
    any_of_mine = f"\\set id {ids[0]} + :n % {len(ids)}\n"
    any_doctor = f"\\set doctor {doctors[0]} + :n % {len(doctors)}\n"
    beginning, end = EVER
    return {
        "an appointment": Read(
            [wrk.get(f"appointments/appointments/{n}/", mine) for n in ids],
            any_of_mine + sent_for(doctor, None, FIND["doctor"], ":id", doctor),
        ),
        "20 appointments": Read(
            [wrk.get(f"appointments/appointments/?limit={APPOINTMENTS}", mine)],
            sent_for(doctor, None, PAGE["doctor"], doctor, beginning, 0, beginning, end, "'{}'", APPOINTMENTS + 1),
        ),
        "slots of a doctor, 15 days": Read(
            [wrk.get(f"doctors/{n}/slots/") for n in doctors],
            any_doctor + sent_for(None, None, FREE_SLOTS, ":doctor", "NULL", "NULL", beginning, 5001),
        ),
        **{f"50 slots of {number:,} doctors": _search(number) for number in specialties},
    }


def _search(number: int) -> Read:
    name = f"specialty of {number}"
    path = f"slots/?specialty={name.replace(' ', '%20')}"
    return Read([wrk.get(path)], sent_for(None, None, SEARCH, f"'{name}'", "NULL", "NULL", 51, EVER[0], 0))


async def _book(db: asyncpg.Connection, doctor: int) -> Sequence[int]:
    return [await db.fetchval(BOOK, patient, doctor) for patient in await make_patients(db, APPOINTMENTS)]


async def over_http(stack: Stack, read: Read, connections: int, server: tuple[str, int]) -> Round:
    """Read over HTTP at a server (address and process id)."""
    url, pid = server
    file = wrk.write_requests(stack.home / "reads.txt", read.requests)

    async def act() -> Done:
        process = await wrk.start(url, file, SECONDS, wrk.Load(connections, again=True))
        return wrk.all_of([await wrk.finish(process)], status="200")

    return await measured(stack, act, pid)


async def by_pgbench(stack: Stack, read: Read) -> Round:
    """Read by pgbench."""
    return await measured(stack, lambda: pgbench.run(stack, read.script, SECONDS))


async def run(stack: Stack, *, full: bool) -> str:
    """Compare the API with pgbench, 16 clients each, and the API with one client."""
    async with stack.connection() as db:
        reads = await make_reads(db, await make_doctors(db, DOCTORS, hours=OFFICE))
    lines = []
    async with stack.apis(1) as (api,):
        server = (api.url, api.child.pid)
        for name, read in reads.items():
            rivals: dict[str, Callable[[], Awaitable[Round]]] = {
                "API": partial(over_http, stack, read, 16, server),
                "pgbench": partial(by_pgbench, stack, read),
                "API, one client": partial(over_http, stack, read, 1, server),
            }
            results = await by_turns(rivals, full=full)
            ceiling = results["pgbench"].rate
            lines += [_line(name, client, result, ceiling) for client, result in results.items()]
    return table(COLUMNS, lines)


def _line(name: str, client: str, result: Round, ceiling: float) -> tuple[object, ...]:
    share = result.rate / ceiling
    return name, client, result.rate, share, result.p50, result.p99, result.api, result.postgres, result.client
