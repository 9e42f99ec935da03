"""Many at once: thousands after the thirty seats of one doctor, fifty who log in; and what others notice of it."""

from contextlib import nullcontext
from typing import Any

from app.domain.accounts.passwords import hash_password
from bench import wrk
from bench.figures import table
from bench.people import Wish, a_slot, make_doctors, make_patients, make_wishes
from bench.stack import Stack

SECONDS = 5
STARTS = 48  # of the one doctor's slots, which the crowd asks for
PASSWORD = "fifty people at once"  # noqa: S105  of people who do not exist
SEATED = "SELECT count(*) FROM appointment WHERE doctor_id = $1 AND seat IS NOT NULL"
NAMES = "UPDATE account SET password_hash = $2 WHERE id = ANY ($1) RETURNING username"


async def rush(stack: Stack, *, full: bool) -> str:
    """Let thousands ask for one doctor, while others book elsewhere. Raises RuntimeError for a wrong outcome."""
    number = 10_000 if full else 1000
    async with stack.connection() as db:
        (doctor,) = await make_doctors(db, 1)
        crowd = [Wish(patient, doctor, a_slot(n % STARTS)) for n, patient in enumerate(await make_patients(db, number))]
        others = await make_wishes(db, 200 * 2 * SECONDS + number // 10 * 3)
    files = [
        wrk.write_requests(stack.home / f"{name}.txt", map(wrk.booking, wishes))
        for name, wishes in (
            ("crowd", crowd),
            ("quiet", others[: 200 * SECONDS]),
            ("meanwhile", others[200 * SECONDS :]),
        )
    ]
    async with stack.apis(1) as (api,):
        quiet = await wrk.finish(await wrk.start(api.url, files[1], SECONDS, wrk.Load(4)))
        everybody = await wrk.start(api.url, files[0], 600, wrk.Load(64))
        meanwhile = await wrk.finish(await wrk.start(api.url, files[2], SECONDS, wrk.Load(4)))
        asked = await wrk.finish(everybody)
    async with stack.connection() as db:
        seated = await db.fetchval(SEATED, doctor)
    failed = [status for a in (quiet, meanwhile, asked) for status in a.statuses if status >= "500"]
    if seated != 30 or failed:
        raise RuntimeError(f"{seated} seats were taken of 30, and {failed} answered: {asked}")
    return table(
        ("asked for one doctor", "seats taken", "refused", "5xx", "others' bookings/s, quiet", "meanwhile", "share"),
        [
            (
                *(number, seated, asked.statuses.get("409", 0) + asked.statuses.get("422", 0), len(failed)),
                *(quiet.ok / quiet.seconds, meanwhile.ok / meanwhile.seconds),
                meanwhile.ok / meanwhile.seconds / (quiet.ok / quiet.seconds),
            )
        ],
    )


async def logins(stack: Stack, *, full: bool) -> str:
    """Let fifty log in, again and again, and see what a public profile takes meanwhile."""
    seconds = SECONDS * (4 if full else 1)
    async with stack.connection() as db:
        (doctor,) = await make_doctors(db, 1)
        people = await make_patients(db, 50)
        rows = await db.fetch(NAMES, people, await hash_password(PASSWORD))
    attempts = [_login(row["username"]) for row in rows]
    in_line = wrk.write_requests(stack.home / "logins.txt", attempts)
    profile = wrk.write_requests(stack.home / "profile.txt", [wrk.get(f"doctors/{doctor}/")])
    lines: list[tuple[object, ...]] = []
    async with stack.apis(1) as (api,):
        for name in ("quiet", "50 logins at once"):
            crowd: Any = wrk.in_background(api.url, in_line, wrk.Load(50, again=True)) if lines else nullcontext()
            async with crowd:
                seen = await wrk.finish(await wrk.start(api.url, profile, seconds, wrk.Load(2, again=True)))
            lines.append((name, seen.ok / seen.seconds, seen.p50, seen.p99))
    return table(("", "other requests/s, 2 clients", "p50, ms", "p99"), lines)


def _login(username: str) -> str:
    return f'POST /api/accounts/login/ - {{"username": "{username}", "password": "{PASSWORD}"}}'
