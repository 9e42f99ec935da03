"""Lists and searches use an index for every filter: no sequential scan of a large table."""

from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from asyncpg import Connection

from app.domain.appointments import repository as appointments
from app.domain.appointments.controller import ALL_TIME
from app.domain.doctors import repository as doctors
from app.domain.schedule import repository as schedule
from app.domain.waitlist.entries import repository as waitlist
from tests.support.servers.databases import Database, execute

CROWD = """
    SET session_replication_role = replica;
    INSERT INTO account (username, email, password_hash, role)
    SELECT 'a' || n, 'a' || n || '@example.com', '-', CASE WHEN n % 2 = 0 THEN 'doctor' ELSE 'patient' END
    FROM generate_series(1, 12000) AS n;
    INSERT INTO doctor (account_id, full_name, specialty, fee, currency)
    SELECT id, 'Dr ' || md5(id::text), CASE WHEN id <= 600 THEN 'Common' ELSE 'Specialty ' || id % 900 END, 0, 'USD'
    FROM account WHERE role = 'doctor';
    INSERT INTO patient (account_id, full_name) SELECT id, 'P' FROM account WHERE role = 'patient';
    INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute)
    SELECT account_id, weekday, 540, 600 FROM doctor CROSS JOIN generate_series(1, 7) AS weekday;
    INSERT INTO appointment (doctor_id, patient_id, during, status, seat, cancel_deadline, fee, currency)
    SELECT d.account_id, d.account_id - 1, tstzrange(t, t + interval '30 min'), 'confirmed', n, t, 0, 'USD'
    FROM doctor AS d CROSS JOIN generate_series(1, 3) AS n
    CROSS JOIN LATERAL (SELECT date_trunc('day', now()) + n * interval '1 day' + interval '9 hours') AS s (t);
    INSERT INTO time_off (doctor_id, during)
    SELECT account_id, tstzrange(now() + interval '400 days', now() + interval '401 days') FROM doctor;
    INSERT INTO waitlist_entry (doctor_id, patient_id)
    SELECT d.account_id, p.account_id FROM doctor AS d
    INNER JOIN patient AS p ON p.account_id IN (d.account_id - 1, d.account_id - 3);
    INSERT INTO history (object_kind, object_id, number, changed_at, transaction_id, database_role, acted_as, becomes, hash)
    SELECT kind, id, 1, now() - id * interval '1 min', 1, 'r', 'system', '{}', ''
    FROM (SELECT 'appointment', id FROM appointment UNION ALL SELECT 'waitlist_entry', id FROM waitlist_entry) AS o (kind, id);
    RESET session_replication_role;
    ANALYZE;
"""
READ_WHOLE = """
    SELECT s.relname FROM pg_stat_xact_user_tables AS s INNER JOIN pg_class AS c ON c.oid = s.relid
    WHERE s.seq_scan > 0 AND c.reltuples > 1000
"""
READ_OF_HOURS = "SELECT pg_stat_get_xact_tuples_returned('working_hours_of_day'::regclass)"
BEGINNING = datetime.min.replace(tzinfo=UTC)


def listing(**filters: str) -> tuple[Any, ...]:
    """Return the statement that lists doctors with these filters, and its arguments."""
    statement, arguments = doctors.page_query(**{"specialty": "", "name": ""} | filters, after=0, limit=51)
    return statement, *arguments


SOMEBODY, LATER = {"patient": 5001, "doctor": 5002}, (None, None)
STATEMENTS: dict[str, tuple[Any, ...]] = {
    "doctors": listing(),
    "doctors by specialty": listing(specialty="Specialty 7"),
    "doctors by name": listing(name="d41d8c"),
    "doctors by both": listing(name="d41d8c", specialty="Specialty 7"),
    "a doctor's free slots": (doctors.FREE_SLOTS, 5002, None, None, BEGINNING, 51),
    "a specialty's free slots": (doctors.SEARCH, "specialty 7", None, None, 51, BEGINNING, 0),
    "an appointment's history": (appointments.HISTORY, 5002, 0, 51),
    "a doctor's times off": (schedule.TIME_OFF_PAGE, 5002, 0, 51),
    **{f"a {role}'s waitlist": (waitlist.PAGE[role], SOMEBODY[role], 0, 51) for role in SOMEBODY},
    **{
        f"a {role}'s appointments{what}": (
            *(appointments.PAGE[role], SOMEBODY[role], ALL_TIME[0], 0),
            *(*(time or ALL_TIME), statuses, 51),
        )
        for role in SOMEBODY
        for what, time, statuses in (
            ("", None, []),
            (" of a status", None, ["confirmed"]),
            (" of a day", (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)), []),
        )
    },
}


@pytest_asyncio.fixture(scope="module", autouse=True)
async def _crowd(database: Database) -> None:
    """Insert enough rows for the planner to prefer an index."""
    await execute(database.superuser, CROWD)


@pytest.mark.parametrize("name", STATEMENTS)
async def test_a_list_reads_by_an_index(app: Connection, name: str) -> None:
    statement, *arguments = STATEMENTS[name]
    async with app.transaction():
        await app.fetch(statement, *arguments)
        assert [row["relname"] for row in await app.fetch(READ_WHOLE)] == []


async def test_a_search_reads_the_hours_of_its_doctors_alone(app: Connection) -> None:
    async with app.transaction():
        assert len(await app.fetch(doctors.SEARCH, "common", None, None, 51, BEGINNING, 0)) == 51
        assert await app.fetch(READ_WHOLE) == []
        # 300 of 6,000 doctors, on the two or three days in 24 hours, read once or twice
        assert 300 <= await app.fetchval(READ_OF_HOURS) <= 300 * 3 * 2


@pytest.mark.parametrize(
    "question",
    [
        "doctor = 5002",
        "patient = 5001",
        "object_kind = 'appointment' AND object_id = 5002",
        "changed_at BETWEEN now() - interval '1 day' AND now() - interval '23 hours'",
    ],
)
async def test_activity_reads_by_an_index(admin: Connection, question: str) -> None:
    async with admin.transaction():
        assert await admin.fetch(f"SELECT * FROM admin.activity WHERE {question}")
        assert [row["relname"] for row in await admin.fetch(READ_WHOLE)] == []
