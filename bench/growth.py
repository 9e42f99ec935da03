"""How figures grow with the appointments of the past: three databases side by side, asked the same by turns."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

import asyncpg

from bench import booking, reads
from bench.figures import plot, table
from bench.people import OFFICE, make_doctors, make_patients
from bench.rounds import Round, by_turns
from bench.stack import Stack, running_stack

SIZES = (10_000, 100_000, 1_000_000)  # appointments
OF_A_DOCTOR, OF_A_PATIENT = 500, 10
SECONDS = 3
PAST = """
    INSERT INTO appointment (
        doctor_id, patient_id, during, status, cancel_deadline, fee, currency, created_at, updated_at
    )
    SELECT doctors[1 + n % cardinality(doctors)], patients[1 + n % cardinality(patients)],
        tstzrange(t, t + interval '30 min'), 'completed', t - interval '72 h', 0, 'USD', t - interval '5 days', t
    FROM (SELECT $1::int[] AS doctors, $2::int[] AS patients) AS given
    CROSS JOIN generate_series(0, $3::int - 1) AS n
    CROSS JOIN LATERAL (
        SELECT date_trunc('hour', now()) - (1 + n / cardinality(doctors)) * interval '30 min'
    ) AS s (t)
"""
WHAT_CAME_OF_IT = """
    INSERT INTO history (
        object_kind, object_id, number, changed_at, transaction_id, database_role, acted_as, becomes, hash
    )
    SELECT 'appointment', id, n, created_at, 1, 'booking_app', 'patient', to_jsonb(a), ''
    FROM appointment AS a CROSS JOIN generate_series(1, 2) AS n;
    INSERT INTO notification (
        kind, account_id, appointment_id, appointment_version, status, due_at, created_at, sent_at
    )
    SELECT 'appointment_confirmed', account_id, id, version, 'sent', created_at, created_at, created_at
    FROM appointment CROSS JOIN LATERAL (VALUES (doctor_id), (patient_id)) AS p (account_id);
"""
COLUMNS = ("", "appointments", "requests/s", "p50, ms", "p99", "CPU a request, ms: API", "PostgreSQL")


async def run(stack: Stack, *, full: bool) -> str:
    """Compare the API over databases of 10^4 to 10^6 appointments, 16 clients each."""
    figures: dict[str, dict[int, Callable[[], Awaitable[Round]]]] = {}
    lines: list[tuple[object, ...]] = []
    growth: dict[str, float] = {}
    async with AsyncExitStack() as running:
        for size in SIZES:
            grown = await running.enter_async_context(running_stack(stack.home / f"{size}"))
            (api,) = await running.enter_async_context(grown.apis(1))
            server = (api.url, api.child.pid)
            async with grown.connection() as db:
                doctors = await _make_past(db, size)
                kinds = await reads.make_reads(db, doctors[: reads.DOCTORS], specialties=(100,))
            figures.setdefault("booking", {})[size] = partial(booking.over_http, grown, SECONDS, server)
            for name, read in kinds.items():
                figures.setdefault(name, {})[size] = partial(reads.over_http, grown, read, booking.CLIENTS, server)
        for name, rivals in figures.items():
            results = await by_turns({str(size): act for size, act in rivals.items()}, full=full)
            first, *_, last = by_size = [results[str(size)] for size in SIZES]
            lines += _lines(name, by_size)
            growth[name] = last.postgres / first.postgres
    title = f"{SIZES[-1]:,} appointments beside {SIZES[0]:,}"
    return f"{table(COLUMNS, lines)}\n\n{plot(title, 'CPU a request of PostgreSQL, ratio', growth)}"


async def _make_past(db: asyncpg.Connection, size: int) -> list[int]:
    """Add `size` appointments that are over, with their records and mails; return the doctors."""
    doctors = await make_doctors(db, size // OF_A_DOCTOR, hours=OFFICE)
    patients = await make_patients(db, size // OF_A_PATIENT)
    await db.execute("SET session_replication_role = replica")
    await db.execute(PAST, doctors, patients, size, timeout=600)
    await db.execute(WHAT_CAME_OF_IT, timeout=600)
    await db.execute("RESET session_replication_role")
    return doctors


def _lines(name: str, by_size: list[Round]) -> list[tuple[object, ...]]:
    rows = [(r.rate, r.p50, r.p99, r.api, r.postgres) for r in by_size]
    growth = (f"{SIZES[-1]:,} / {SIZES[0]:,}", *(last / first for first, last in zip(rows[0], rows[-1], strict=True)))
    return [*((name, f"{size:,}", *row) for size, row in zip(SIZES, rows, strict=True)), (name, *growth)]
