"""Reads over HTTP, compared with pgbench (same statements): an appointment, a list, a doctor's slots, the search."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NamedTuple
from urllib.parse import quote

import asyncpg

from app.domain.appointments.repository import FIND, PAGE
from app.domain.doctors.repository import FREE_SLOTS, SEARCH
from bench import pgbench, wrk
from bench.figures import at_least, at_most, lines, table
from bench.people import OFFICE, make_doctors, make_patients, make_unlike_doctors, token
from bench.pgbench import sent_for
from bench.rounds import CLIENTS, Done, Round, by_turns, measured
from bench.stack import Stack

DOCTORS, APPOINTMENTS = 20, 20  # appointments of each doctor
SPECIALTIES = (10, 100, 1000, 10_000)  # numbers of doctors in the specialties, all in one database
UNLIKE = "hundreds of ways to work"
SECONDS = 3
API, ALONE, PGBENCH = "API", "API, one client", "pgbench"
SLOTS = "slots of a doctor, 15 days"
COLUMNS = (
    *("", "client", "requests/s", "of pgbench's", "p50, ms", "p99"),
    *("CPU a request, ms: API", "PostgreSQL", "Valkey", "client"),
)
BOOK = "SELECT b.id FROM book($1, $2, (SELECT starts_at FROM free_slots($2, now(), 'infinity') OFFSET 40 LIMIT 1)) AS b"
EVER = ("'0001-01-01Z'::timestamptz", "'9999-12-31Z'::timestamptz")


class Read(NamedTuple):
    """A kind of read: its HTTP requests, and the same reads for pgbench."""

    requests: list[str]
    script: str


async def make_reads(
    db: asyncpg.Connection, doctors: list[int], specialties: Sequence[int] = (), unlike: int = 0
) -> dict[str, Read]:
    """Create appointments of `doctors` and further doctors. Return the kinds of reads.

    The further doctors are in specialties of the given sizes with equal working hours, and in one of `unlike` doctors
    with different working hours.
    """
    for number in specialties:
        await make_doctors(db, number, specialty=_specialty(number), hours=OFFICE)
    if unlike:
        await make_unlike_doctors(db, unlike, specialty=_specialty(unlike, UNLIKE))
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
        SLOTS: Read(
            [wrk.get(f"doctors/{n}/slots/") for n in doctors],
            any_doctor + sent_for(None, None, FREE_SLOTS, ":doctor", "NULL", "NULL", beginning, 5001),
        ),
        **{f"50 slots of {number:,} doctors": _search(_specialty(number)) for number in specialties},
        **({f"50 slots of {unlike:,} doctors, {UNLIKE}": _search(_specialty(unlike, UNLIKE))} if unlike else {}),
    }


def _specialty(number: int, kind: str = "alike") -> str:
    return f"{number} {kind}"


def _search(specialty: str) -> Read:
    path = f"slots/?specialty={quote(specialty)}"
    return Read([wrk.get(path)], sent_for(None, None, SEARCH, f"'{specialty}'", "NULL", "NULL", 51, EVER[0], 0))


async def _book(db: asyncpg.Connection, doctor: int) -> Sequence[int]:
    return [await db.fetchval(BOOK, patient, doctor) for patient in await make_patients(db, APPOINTMENTS)]


async def over_http(stack: Stack, requests: list[str], connections: int, server: tuple[str, int]) -> Round:
    """Read over HTTP at a server (URL and process id)."""
    url, pid = server
    file = wrk.write_requests(stack.home / "reads.txt", requests)

    async def act() -> Done:
        process = await wrk.start(url, file, SECONDS, wrk.Load(connections, again=True))
        return wrk.all_of([await wrk.finish(process)], status="200")

    return await measured(stack, act, pid)


async def by_pgbench(stack: Stack, read: Read) -> Round:
    """Read with pgbench."""
    return await measured(stack, lambda: pgbench.run(stack, read.script, SECONDS))


async def run(stack: Stack, *, full: bool) -> str:
    """Compare the API with pgbench (16 clients each), and measure the API with one client."""
    async with stack.connection() as db:
        doctors = await make_doctors(db, DOCTORS, hours=OFFICE)
        reads = await make_reads(db, doctors, SPECIALTIES, unlike=SPECIALTIES[-1])
    rows, found = [], {}
    async with stack.apis(1) as (api,):
        server = (api.url, api.child.pid)
        for name, read in reads.items():
            rivals: dict[str, Callable[[], Awaitable[Round]]] = {
                API: partial(over_http, stack, read.requests, CLIENTS, server),
                PGBENCH: partial(by_pgbench, stack, read),
                ALONE: partial(over_http, stack, read.requests, 1, server),
            }
            found[name] = results = await by_turns(rivals, full=full)
            rows += [_row(name, client, result, results[PGBENCH].rate) for client, result in results.items()]
    slots, searches = found[SLOTS], [name for name in found if name.startswith(f"50 slots of {max(SPECIALTIES):,}")]
    return lines(
        table(COLUMNS, rows),
        at_least(f"{SLOTS}: API's rate / pgbench's", slots[API].rate / slots[PGBENCH].rate, 0.5),
        *(at_most(f"{name}, one client: p50, ms", found[name][ALONE].p50, 50) for name in searches),
    )


def _row(name: str, client: str, one: Round, ceiling: float) -> tuple[object, ...]:
    return name, client, one.rate, one.rate / ceiling, one.p50, one.p99, one.api, one.postgres, one.valkey, one.client
