"""A practice in which every booking rule has cases to refuse, and random attempts to book there."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from asyncpg import Connection

from tests.support.db.refusals import verdict
from tests.support.factories import make_doctor, make_patient, make_patients

Case = tuple[int, int, datetime]  # doctor, patient, start
WEEK = tuple((day, 540, 1020) for day in range(1, 6))
SHORT = tuple((day, 540, 600) for day in range(1, 8))  # two slots a day, because each case checks every waitlist entry
DOCTORS: list[dict[str, Any]] = [
    {"fee": 0},
    {"fee": 100, "hours": WEEK, "timezone": "Europe/Berlin"},
    {"fee": 0, "hours": WEEK, "timezone": "America/New_York", "slot_minutes": 45, "buffer_minutes": 10},
    {"fee": 50, "timezone": "Asia/Kolkata", "slot_minutes": 20},
    {"fee": 0, "max_appointments": 0},
    {"fee": 0, "max_appointments": 2, "hours": SHORT},
    {"fee": 100, "max_appointments": 2, "hours": SHORT, "timezone": "Asia/Tokyo"},
    {"fee": 100, "max_appointments": 3, "hours": SHORT},
]
BOOK = "SELECT FROM book($1, $2, $3)"
JOIN = "SELECT FROM join_waitlist($1, $2, $3)"
GIVE_UP = """
    UPDATE appointment SET status = 'canceled'
    WHERE id = (
        SELECT max(id) FROM appointment
        WHERE doctor_id = $1 AND status IN ('pending', 'confirmed') AND lower(during) > now() + interval '1 day'
    )
"""
GRID = "SELECT g.starts_at FROM doctor AS d, grid_slots(d, now() - interval '2 days', now() + interval '17 days') AS g"
# With triggers off: holds lapse, visits end, the offers of one slot expire, and the next wave of another is due.
CLOCK = """
    UPDATE appointment SET hold_expires_at = now() - interval '1 s' WHERE status = 'pending' AND id % 4 = 0;
    UPDATE appointment SET during = tstzrange(lower(during) - interval '25 days', upper(during) - interval '25 days')
    WHERE status = 'confirmed' AND id % 9 = 0;
    UPDATE offer SET expires_at = now() - interval '1 s', due_at = now() - interval '1 s'
    WHERE status IN ('queued', 'sent') AND appointment_id % 3 = 0;
    UPDATE offer SET due_at = now(), created_at = now() - interval '3 hours'
    WHERE status IN ('queued', 'sent') AND appointment_id % 3 = 1;
    UPDATE account SET status = 'erased', username = NULL, email = NULL, password_hash = NULL
    WHERE id = (SELECT max(account_id) FROM patient)
"""


class Practice(NamedTuple):
    """The people, and the times at which a rule may refuse a booking."""

    doctors: list[int]
    patients: list[int]
    grid: dict[int, list[datetime]]  # of each doctor
    taken: dict[int, list[datetime]]  # of each doctor
    busy: dict[int, list[datetime]]  # of each patient
    offered: list[Case]


async def make_practice(root: Connection, rng: Random) -> Practice:
    """Book, wait and cancel at random, then let time pass with triggers off. Needs a superuser's connection."""
    await root.execute("UPDATE policy SET require_verified_doctor = true")
    doctors = [await make_doctor(root, **columns, full_name=str(n)) for columns in DOCTORS for n in range(3)]
    patients = await make_patients(root, 40)
    await root.execute("UPDATE doctor SET verified_at = now() WHERE full_name <> '2' OR max_appointments = 2")
    await root.execute(
        "INSERT INTO time_off (doctor_id, during)"
        " SELECT account_id, tstzrange(now() + interval '3 days', now() + interval '4 days') FROM doctor WHERE full_name = '1'"
    )
    grid = {d: [row[0] for row in await root.fetch(f"{GRID} WHERE d.account_id = $1 ORDER BY 1", d)] for d in doctors}
    for _ in range(350):
        doctor = rng.choice(doctors)
        await attempt(root, BOOK, rng.choice(patients), doctor, rng.choice(grid[doctor]))
    for _ in range(150):
        day = rng.choice([None, datetime.now(UTC).date() + timedelta(days=rng.randrange(15))])
        await attempt(root, JOIN, rng.choice(patients), rng.choice(doctors), day)
    for doctor in doctors[15:]:  # the doctors with few seats, so that some always have a slot on offer
        for patient in rng.sample(patients, 5):
            await attempt(root, JOIN, patient, doctor, None)
        await attempt(root, GIVE_UP, doctor)
    for row in await root.fetch("SELECT id FROM appointment WHERE id % 5 = 0 AND patient_id IS NOT NULL"):
        await attempt(root, "UPDATE appointment SET status = 'canceled' WHERE id = $1", row["id"])
    await make_patient(root)  # CLOCK erases this account
    async with root.transaction():
        await root.execute("SET LOCAL session_replication_role = replica")
        await root.execute(CLOCK)
    for patient in patients[:8]:
        for _ in range(8):  # more holds than the limit
            await attempt(root, BOOK, patient, doctors[9], rng.choice(grid[doctors[9]]))
    return Practice(doctors, patients, grid, *await _times(root))


async def attempt(root: Connection, statement: str, *arguments: int | date | datetime | None) -> None:
    """Run a statement unless a rule refuses it."""
    if not await verdict(root, statement, *arguments):
        await root.execute(statement, *arguments)


async def _times(root: Connection) -> tuple[dict[int, list[datetime]], dict[int, list[datetime]], list[Case]]:
    taken: dict[int, list[datetime]] = {}
    busy: dict[int, list[datetime]] = {}
    for row in await root.fetch("SELECT doctor_id, patient_id, lower(during) AS start FROM appointment"):
        taken.setdefault(row["doctor_id"], []).append(row["start"])
        busy.setdefault(row["patient_id"], []).append(row["start"])
    offered = await root.fetch("SELECT doctor, patient, appointment_date FROM api_offer ORDER BY id")
    return taken, busy, [tuple(row) for row in offered]


def random_case(practice: Practice, rng: Random) -> Case:
    """Return a random booking. A rule refuses most of them."""
    kind = rng.random()
    if kind < 0.03 and practice.offered:
        return rng.choice(practice.offered)
    doctor, patient = rng.choice(practice.doctors), rng.choice(practice.patients)
    if rng.random() < 0.9:
        doctor = rng.choice(practice.doctors[:12])  # doctors without a waitlist, which is faster to judge
    if kind < 0.06:
        strange = rng.choice([0, practice.patients[-1] + 1, practice.doctors[0], practice.patients[0]])
        is_doctor, start = rng.random() < 0.4, rng.choice(practice.grid[doctor])
        return (strange, patient, start) if is_doctor else (doctor, strange, start)
    starts = practice.grid[doctor]
    if kind < 0.3:
        starts = practice.taken.get(doctor, starts)
    elif kind < 0.4:
        starts = practice.busy.get(patient, starts)
    start = rng.choice(starts)
    return doctor, patient, start + timedelta(minutes=rng.choice([1, 5, 30])) if kind > 0.9 else start
