"""The effect of past appointments on performance: the same requests to three databases of different size, in turns."""

import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from itertools import count, cycle, islice

import asyncpg

from bench import booking, reads, wrk
from bench.figures import at_most, lines, plot, table
from bench.people import OFFICE, SEATS, make_doctors, make_patients, make_wishes, token
from bench.rounds import CLIENTS, Round, by_turns
from bench.stack import Stack, running_stack

SIZES = (10_000, 100_000, 1_000_000)  # appointments
OF_A_DOCTOR, OF_A_PATIENT = 500, 20
CALLERS = 500  # the number of patients in the smallest database
ALIKE, SPECIALTY = 100, "sought"
SECONDS = 3
PAST = """
    INSERT INTO appointment (
        doctor_id, patient_id, during, status, cancel_deadline, fee, currency, created_at, updated_at
    )
    SELECT doctors[1 + n % cardinality(doctors)], patients[1 + n % cardinality(patients)],
        tstzrange(t, t + interval '30 min'), 'completed', t - interval '72 h', 0, 'USD', t - interval '5 days', t
    FROM (SELECT $1::bigint[] AS doctors, $2::bigint[] AS patients) AS given
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
THEIRS = "SELECT id, patient_id FROM appointment WHERE patient_id = ANY ($1) ORDER BY random()"
DOCTORS = "SELECT doctor_id FROM appointment GROUP BY doctor_id ORDER BY random() LIMIT $1"
COLUMNS = ("", "appointments", "requests/s", "p50, ms", "p99", "CPU a request, ms: API", "PostgreSQL")


class Bookings:
    """Bookings by existing patients. Each round uses its own slots, and doctors without appointments."""

    def __init__(self, stack: Stack, patients: list[int], server: tuple[str, int]) -> None:
        self._stack, self._patients, self._server = stack, patients, server
        self._rounds = count()

    async def round(self) -> Round:
        """Book for the duration of a round."""
        number = SECONDS * booking.MOST_PER_SECOND
        some = random.sample(self._patients, min(number, len(self._patients)))
        async with self._stack.connection() as db:
            wishes = await make_wishes(db, list(islice(cycle(some), number)), first_slot=next(self._rounds) * SEATS)
            await booking.settle(db)
        return await booking.book(self._stack, wishes, SECONDS, self._server)


async def run(stack: Stack, *, full: bool) -> str:
    """Compare the API on databases of 10^4 to 10^6 appointments, with 16 clients each."""
    figures: dict[str, dict[int, Callable[[], Awaitable[Round]]]] = {}
    rows: list[tuple[object, ...]] = []
    postgres: dict[str, float] = {}
    worst: dict[str, float] = {}
    async with AsyncExitStack() as running:
        books: dict[int, Callable[[], Awaitable[Round]]] = {}
        for size in SIZES:
            grown = await running.enter_async_context(running_stack(stack.home / f"{size}"))
            (api,) = await running.enter_async_context(grown.apis(1))
            server = (api.url, api.child.pid)
            async with grown.connection() as db:
                patients = await _make_past(db, size)
                for name, requests in (await _reads(db, patients)).items():
                    read = partial(reads.over_http, grown, requests, CLIENTS, server)
                    figures.setdefault(name, {})[size] = read
            books[size] = Bookings(grown, patients, server).round
        for name, rivals in {**figures, "booking": books}.items():  # last, because bookings change the data
            results = await by_turns({str(size): act for size, act in rivals.items()}, full=full)
            first, *_, last = by_size = [results[str(size)] for size in SIZES]
            rows += _rows(name, by_size)
            postgres[name] = last.postgres / first.postgres
            grown_by = (b / a for a, b in zip(_costs(first), _costs(last), strict=True))
            worst[name] = max(first.rate / last.rate, *grown_by)
    title = f"{SIZES[-1]:,} appointments compared with {SIZES[0]:,}"
    return lines(
        table(COLUMNS, rows),
        *(at_most(f"{name}: largest growth of a figure", value, 1.3) for name, value in worst.items()),
        plot(title, "CPU a request of PostgreSQL, ratio", postgres),
    )


async def _make_past(db: asyncpg.Connection, size: int) -> list[int]:
    """Add `size` past appointments with their history and mails. Return the patients."""
    doctors = await make_doctors(db, size // OF_A_DOCTOR, hours=OFFICE)
    patients = await make_patients(db, size // OF_A_PATIENT)
    await db.execute("SET session_replication_role = replica")
    await db.execute(PAST, doctors, patients, size, timeout=600)
    await db.execute(WHAT_CAME_OF_IT, timeout=600)
    await db.execute("RESET session_replication_role")
    return patients


async def _reads(db: asyncpg.Connection, patients: list[int]) -> dict[str, list[str]]:
    """Return the requests: about all appointments, in random order, by the same number of callers for each size."""
    await make_doctors(db, ALIKE, specialty=SPECIALTY, hours=OFFICE)
    await db.execute("VACUUM ANALYZE")
    bearers = {patient: token(patient, "patient") for patient in random.sample(patients, CALLERS)}
    theirs = await db.fetch(THEIRS, list(bearers))
    doctors = await db.fetch(DOCTORS, CALLERS)
    return {
        "an appointment": [wrk.get(f"appointments/appointments/{id_}/", bearers[patient]) for id_, patient in theirs],
        "20 appointments": [wrk.get(f"appointments/appointments/?limit={OF_A_PATIENT}", b) for b in bearers.values()],
        "slots of a doctor, 15 days": [wrk.get(f"doctors/{doctor}/slots/") for (doctor,) in doctors],
        f"50 slots of {ALIKE} doctors": [wrk.get(f"slots/?specialty={SPECIALTY}")],
    }


def _costs(figures: Round) -> tuple[float, ...]:
    return figures.p50, figures.p99, figures.api, figures.postgres


def _rows(name: str, by_size: list[Round]) -> list[tuple[object, ...]]:
    figures = [(one.rate, *_costs(one)) for one in by_size]
    growth = (last / first for first, last in zip(figures[0], figures[-1], strict=True))
    return [
        *((name, f"{size:,}", *row) for size, row in zip(SIZES, figures, strict=True)),
        (name, f"{SIZES[-1]:,} / {SIZES[0]:,}", *growth),
    ]
