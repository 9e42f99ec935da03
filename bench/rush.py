"""Rushes: thousands of patients for one doctor's 30 seats, and fifty concurrent logins, with the effect on others."""

import asyncio
from collections.abc import Iterable
from itertools import islice
from statistics import median
from typing import NamedTuple

from bench import proc, wrk
from bench.figures import at_least, at_most, lines, table
from bench.people import SEATS, Wish, a_slot, make_doctors, make_patients, make_wishes, with_passwords
from bench.rounds import MANY_ROUNDS, ROUNDS, Done, Round, by_turns, measured
from bench.stack import Stack

SECONDS = 5
CROWD = 10_000  # patients who book the same doctor
REFUSED = ("409", "422")
OTHERS = 4  # connections that book other doctors
MOST_PER_SECOND = 1000  # limits the number of their prepared bookings
STARTS = 48  # slots of the doctor that the crowd books
SEATED = "SELECT count(*) FROM appointment WHERE doctor_id = $1 AND seat IS NOT NULL"
QUIET, CROWDED = "others, 2 clients, quiet", "others, 50 logins at once"


class Rush(NamedTuple):
    """The numbers of seated and refused patients, the answers per second, and the others' bookings per second."""

    seated: int
    refused: int
    answers: float
    quiet: float
    meanwhile: float
    share: float


async def rush(stack: Stack, *, full: bool) -> str:
    """Let thousands book one doctor while others book elsewhere. Raises RuntimeError for a wrong result."""
    columns = (
        *("asked for one doctor", "seats taken", "refused", "answers/s"),
        *("others' bookings/s, quiet", "meanwhile", "share"),
    )
    async with stack.apis(1, limited=True) as (api,):
        rushes = [await _rush(stack, api.url) for _ in range(MANY_ROUNDS if full else ROUNDS)]
    share = median(one.share for one in rushes)
    return lines(
        table(columns, [(CROWD, *one) for one in rushes]),
        at_least("the others' rate during the rush / their quiet rate, median", share, 0.5),
    )


async def _rush(stack: Stack, url: str) -> Rush:
    part = MOST_PER_SECOND * SECONDS
    async with stack.connection() as db:
        (doctor,) = await make_doctors(db, 1)
        crowd = [Wish(patient, doctor, a_slot(n % STARTS)) for n, patient in enumerate(await make_patients(db, CROWD))]
        elsewhere = iter(await make_wishes(db, await make_patients(db, 4 * part)))

    async def others() -> wrk.Answers:
        return await wrk.finish(await _start(stack, url, islice(elsewhere, part), SECONDS, OTHERS))

    await others()  # warm-up
    before = await others()
    everybody = await _start(stack, url, crowd, 600, 64)
    meanwhile = await others()
    if everybody.returncode is not None:
        raise RuntimeError("the rush ended before the others' measurement: increase CROWD")
    asked = await wrk.finish(everybody)
    after = await others()
    async with stack.connection() as db:
        seated = await db.fetchval(SEATED, doctor)
    for elsewhere_seen in (before, meanwhile, after):
        wrk.expect(elsewhere_seen, {"201"})
    refused = sum(asked.statuses.get(status, 0) for status in REFUSED)
    if (seated, asked.ok, refused, asked.errors) != (SEATS, SEATS, CROWD - SEATS, 0):
        raise RuntimeError(f"wrong result: {seated} of {SEATS} seats taken, and {CROWD} requests answered with {asked}")
    quiet = (before.ok + after.ok) / (before.seconds + after.seconds)
    rate = meanwhile.ok / meanwhile.seconds
    return Rush(seated, refused, CROWD / asked.seconds, quiet, rate, rate / quiet)


async def _start(
    stack: Stack, url: str, wishes: Iterable[Wish], seconds: int, connections: int
) -> asyncio.subprocess.Process:
    """Start booking each wish once."""
    file = wrk.write_requests(stack.home / f"{connections}.txt", map(wrk.booking, wishes))
    return await wrk.start(url, file, seconds, wrk.Load(connections))


async def logins(stack: Stack, *, full: bool) -> str:
    """Let fifty clients log in repeatedly, and measure the reads of a public profile meanwhile."""
    async with stack.connection() as db:
        (doctor,) = await make_doctors(db, 1)
        people = await with_passwords(db, await make_patients(db, 50))
    in_line = wrk.write_requests(stack.home / "logins.txt", map(wrk.login, people))
    profile = wrk.write_requests(stack.home / "profile.txt", [wrk.get(f"doctors/{doctor}/")])
    async with stack.apis(1) as (api,):

        async def look() -> Done:
            process = await wrk.start(api.url, profile, SECONDS, wrk.Load(2, again=True))
            return wrk.all_of([await wrk.finish(process)], status="200")

        async def log_in() -> Done:
            process = await wrk.start(api.url, in_line, SECONDS, wrk.Load(50, again=True))
            return wrk.all_of([await wrk.finish(process)], status="200")

        async def quiet() -> Round:
            await _calm(api.child.pid)
            return await measured(stack, look)

        async def alone() -> Round:
            await _calm(api.child.pid)
            return await measured(stack, log_in, api.child.pid)

        async def crowded() -> Round:
            async with wrk.in_background(api.url, in_line, wrk.Load(50, again=True)):
                await asyncio.sleep(1)
                return await measured(stack, look)

        results = await by_turns({QUIET: quiet, CROWDED: crowded, "logins, 50 at once": alone}, full=full)
    slower = results[CROWDED].p99 - results[QUIET].p99
    return lines(
        table(("", "requests/s", "p50, ms", "p99"), [(name, r.rate, r.p50, r.p99) for name, r in results.items()]),
        at_most("others' p99 during the logins minus their quiet p99, ms", slower, 50),
    )


async def _calm(pid: int) -> None:
    """Wait until the API has finished the requests that clients have abandoned."""
    before = float("-inf")
    while (spent := proc.seconds(pid)) > before + 0.05:
        before = spent
        await asyncio.sleep(0.5)
