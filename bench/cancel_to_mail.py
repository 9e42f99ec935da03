"""The time from the commit of a cancellation to the arrival of the offers' mails at the mail server.

Each sample uses its own doctor with one booked seat and ten waiting patients. The first wave of three gets mails.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import asyncpg

from bench import wrk
from bench.figures import percentile, table
from bench.people import a_slot, forget_mails, make_doctors, make_patients, make_wishes
from bench.rounds import ROUNDS
from bench.stack import Stack

WORKERS = (1, 3)
WAITING = 10
FIRST_WAVE = "SELECT offer_first_wave FROM policy"
SECONDS_TO_ARRIVE = 30
PAUSES = (0.1, 0.4)  # seconds between two samples, random to avoid synchronization with timers
BOOKINGS = 5  # per second, each with a mail to the patient and the doctor
CONNECTIONS = 4
EMAIL = "SELECT email FROM account WHERE id = ANY ($1)"


class Case(NamedTuple):
    """A full doctor: the appointment to cancel, and the recipients of the offers."""

    patient: int
    appointment: int
    waiting: list[str]


class Sample(NamedTuple):
    """Milliseconds from the commit to the first mail of the wave, and to the last."""

    first: float
    last: float


async def make_cases(db: asyncpg.Connection, number: int) -> list[Case]:
    """Create full doctors with waitlists."""
    doctors = await make_doctors(db, number, seats=1)
    holders = await make_patients(db, number)
    cases = []
    for doctor, holder in zip(doctors, holders, strict=True):
        appointment = await db.fetchval("SELECT id FROM book($1, $2, $3)", holder, doctor, a_slot(0))
        waiting = await make_patients(db, WAITING)
        for patient in waiting:
            await db.execute("SELECT join_waitlist($1, $2, NULL)", patient, doctor)
        cases.append(Case(holder, appointment, [row["email"] for row in await db.fetch(EMAIL, waiting)]))
    return cases


async def sample(stack: Stack, db: asyncpg.Connection, case: Case, wave: int) -> Sample:
    """Cancel the appointment and wait for the mails of the first wave. Raises TimeoutError if they do not arrive."""
    await db.fetch("SELECT * FROM cancel_as_patient($1, $2)", case.patient, case.appointment)
    committed = time.monotonic()
    arrivals = stack.catcher.arrivals
    async with asyncio.timeout(SECONDS_TO_ARRIVE):
        while sum(email in arrivals for email in case.waiting) < wave:  # noqa: ASYNC110  there is no event to wait for
            await asyncio.sleep(0.01)
    times = sorted(arrivals[email] - committed for email in case.waiting if email in arrivals)
    return Sample(times[0] * 1000, times[-1] * 1000)


async def measure(stack: Stack, cases: list[Case]) -> list[Sample]:
    """Take a sample of each case, in sequence."""
    connection = await asyncpg.connect(stack.app_url, ssl=False)
    samples = []
    try:
        wave = await connection.fetchval(FIRST_WAVE)
        for case in cases:
            samples.append(await sample(stack, connection, case, wave))
            await asyncio.sleep(random.uniform(*PAUSES))
    finally:
        await connection.close()
    return samples


@asynccontextmanager
async def bookings(stack: Stack, seconds: float) -> AsyncIterator[None]:
    """Send `BOOKINGS` bookings per second to the API while the block runs."""
    async with stack.connection() as db:
        wishes = await make_wishes(db, await make_patients(db, round(seconds * BOOKINGS)))
    requests = wrk.write_requests(stack.home / "bookings.txt", map(wrk.booking, wishes))
    load = wrk.Load(CONNECTIONS, pause=CONNECTIONS / BOOKINGS)
    async with stack.apis(1) as (api,), wrk.in_background(api.url, requests, load, {"201"}):
        await asyncio.sleep(3)  # warm-up
        yield


async def run(stack: Stack, *, full: bool) -> str:
    """Measure with 1 and 3 workers, idle and under a load of bookings, in random order."""
    number = 400 if full else 60
    kinds = [(workers, loaded) for workers in WORKERS for loaded in (False, True)]
    results: dict[tuple[int, bool], list[Sample]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind in random.sample(kinds, len(kinds)):
            results[kind] += await a_round(stack, *kind, number // ROUNDS)
    return table(
        ("workers", "load", "samples", "first mail p50, ms", "p99", "whole wave p50, ms", "p99"),
        (_line(*kind, samples) for kind, samples in results.items()),
    )


def _line(workers: int, loaded: bool, samples: list[Sample]) -> tuple[object, ...]:  # noqa: FBT001  as below
    first, last = zip(*samples, strict=True)
    load = f"{BOOKINGS} bookings/s" if loaded else "idle"
    return workers, load, len(samples), *(percentile(times, p) for times in (first, last) for p in (50, 99))


async def a_round(stack: Stack, workers: int, loaded: bool, number: int) -> list[Sample]:  # noqa: FBT001  one of two kinds
    """Take `number` samples with `workers` workers, idle or under a load of bookings."""
    async with stack.connection() as db:
        cases = await make_cases(db, number)
        await forget_mails(db)
    async with stack.workers(workers):
        if not loaded:
            return await measure(stack, cases)
        async with bookings(stack, 60 + number * 2):
            return await measure(stack, cases)
