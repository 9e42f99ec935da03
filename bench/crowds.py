"""Many at once: thousands after the thirty seats of one doctor, fifty who log in; and what others notice of it."""

import asyncio
from collections.abc import Iterable
from itertools import islice

from app.domain.accounts.passwords import hash_password
from bench import cpu, wrk
from bench.figures import table
from bench.people import SEATS, Wish, a_slot, make_doctors, make_patients, make_wishes
from bench.rounds import Done, Round, by_turns, measured
from bench.stack import Stack

SECONDS = 5
CROWD, CROWDS = 10_000, 5  # patients who want the same doctor, and such doctors with --full
OTHERS = 4  # connections that book elsewhere
MOST_PER_SECOND = 1000  # of their bookings
STARTS = 48  # of the one doctor's slots, which the crowd asks for
PASSWORD = "fifty people at once"  # noqa: S105  of people who do not exist
SEATED = "SELECT count(*) FROM appointment WHERE doctor_id = $1 AND seat IS NOT NULL"
NAMES = "UPDATE account SET password_hash = $2 WHERE id = ANY ($1) RETURNING username"


async def rush(stack: Stack, *, full: bool) -> str:
    """Let thousands ask for one doctor, while others book elsewhere. Raises RuntimeError for a wrong outcome."""
    columns = (
        *("asked for one doctor", "seats taken", "refused", "5xx", "answers/s"),
        *("others' bookings/s, quiet", "meanwhile", "share"),
    )
    async with stack.apis(1) as (api,):
        return table(columns, [await _rush(stack, api.url) for _ in range(CROWDS if full else 1)])


async def _rush(stack: Stack, url: str) -> tuple[object, ...]:
    part = MOST_PER_SECOND * SECONDS
    async with stack.connection() as db:
        (doctor,) = await make_doctors(db, 1)
        crowd = [Wish(patient, doctor, a_slot(n % STARTS)) for n, patient in enumerate(await make_patients(db, CROWD))]
        elsewhere = iter(await make_wishes(db, 4 * part))

    async def others() -> wrk.Answers:
        return await wrk.finish(await _start(stack, url, islice(elsewhere, part), SECONDS, OTHERS))

    await others()  # so that all is warm
    before = await others()
    everybody = await _start(stack, url, crowd, 600, 64)
    meanwhile = await others()
    if everybody.returncode is not None:
        raise RuntimeError("the crowd was gone before the others were")
    asked = await wrk.finish(everybody)
    after = await others()
    async with stack.connection() as db:
        seated = await db.fetchval(SEATED, doctor)
    failed = [status for a in (before, meanwhile, asked, after) for status in a.statuses if status >= "500"]
    if seated != SEATS or failed or any(a.used_up or a.errors for a in (before, meanwhile, after)):
        raise RuntimeError(f"{seated} seats were taken of {SEATS}: {before}, {asked}, {meanwhile}, {after}")
    quiet = (before.ok + after.ok) / (before.seconds + after.seconds)
    refused = asked.statuses.get("409", 0) + asked.statuses.get("422", 0)
    rate = meanwhile.ok / meanwhile.seconds
    answered = sum(asked.statuses.values()) / asked.seconds
    return CROWD, seated, refused, len(failed), answered, quiet, rate, rate / quiet


async def _start(
    stack: Stack, url: str, wishes: Iterable[Wish], seconds: int, connections: int
) -> asyncio.subprocess.Process:
    """Start to book, each wish once."""
    file = wrk.write_requests(stack.home / f"{connections}.txt", map(wrk.booking, wishes))
    return await wrk.start(url, file, seconds, wrk.Load(connections))


async def logins(stack: Stack, *, full: bool) -> str:
    """Let fifty log in, again and again, and see what a public profile takes meanwhile."""
    async with stack.connection() as db:
        (doctor,) = await make_doctors(db, 1)
        people = await make_patients(db, 50)
        rows = await db.fetch(NAMES, people, await hash_password(PASSWORD))
    attempts = [_login(row["username"]) for row in rows]
    in_line = wrk.write_requests(stack.home / "logins.txt", attempts)
    profile = wrk.write_requests(stack.home / "profile.txt", [wrk.get(f"doctors/{doctor}/")])
    async with stack.apis(1) as (api,):

        async def look() -> Done:
            process = await wrk.start(api.url, profile, SECONDS, wrk.Load(2, again=True))
            return wrk.all_of([await wrk.finish(process)], status="200")

        async def quiet() -> Round:
            await _calm(api.child.pid)
            return await measured(stack, look)

        async def crowded() -> Round:
            async with wrk.in_background(api.url, in_line, wrk.Load(50, again=True)):
                await asyncio.sleep(1)
                return await measured(stack, look)

        results = await by_turns({"quiet": quiet, "50 logins at once": crowded}, full=full)
    lines = [(name, result.rate, result.p50, result.p99) for name, result in results.items()]
    return table(("", "other requests/s, 2 clients", "p50, ms", "p99"), lines)


async def _calm(pid: int) -> None:
    """Wait until the API has done with those who have gone without waiting for their answers."""
    before = float("-inf")
    while (spent := cpu.seconds(pid)) > before + 0.05:
        before = spent
        await asyncio.sleep(0.5)


def _login(username: str) -> str:
    return f'POST /api/accounts/login/ - {{"username": "{username}", "password": "{PASSWORD}"}}'
