"""With a million appointments, the usual queries of each view in schema admin use an index."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from asyncpg import Connection

from tests.support.servers.databases import Database, connected

# 2,000 doctors. Each has 500 visits within two years, and the last ten are in the future.
PEOPLE = """
    INSERT INTO account (username, email, password_hash, role)
    SELECT 'a' || n, 'a' || n || '@example.com', '-', CASE WHEN n <= 2000 THEN 'doctor' ELSE 'patient' END
    FROM generate_series(1, 22000) AS n;
    INSERT INTO doctor (account_id, full_name, fee, currency)
    SELECT id, 'Dr ' || id, 0, 'USD' FROM account WHERE role = 'doctor';
    INSERT INTO patient (account_id, full_name) SELECT id, 'P' || id FROM account WHERE role = 'patient';
    INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute)
    SELECT account_id, weekday, 540, 600 FROM doctor CROSS JOIN generate_series(1, 7) AS weekday;
"""
# In the order of booking: the first visit of each doctor, then the second of each.
VISITS = """
    DO $$
    DECLARE
        day timestamptz := date_trunc('hour', now()) - 490 * interval '35 hours';
    BEGIN
        FOR n IN 1..500 LOOP
            day := day + interval '35 hours';
            INSERT INTO appointment (
                doctor_id, patient_id, during, status, seat, hold_expires_at, cancel_deadline, fee, currency, calendar_uid
            )
            SELECT
                d, 2001 + (d * 31 + n * 7) % 20000, tstzrange(t, t + interval '30 min'),
                CASE WHEN n <= 490 THEN 'completed' WHEN n = 500 THEN 'pending' ELSE 'confirmed' END,
                CASE WHEN n > 490 THEN n - 490 END, CASE WHEN n = 500 THEN t END, t, 100, 'USD',
                lpad((2000 * n + d)::text, 32, '0')::uuid -- a random one reads /dev/urandom
            FROM (SELECT d, day + make_interval(hours => d % 12) AS t FROM generate_series(1, 2000) AS d OFFSET 0) AS s;
        END LOOP;
    END
    $$
"""
WHAT_FOLLOWS = """
    INSERT INTO payment (appointment_id, reference, amount, currency, status, capture_id, attention)
    SELECT id, calendar_uid, 100, 'USD', 'captured', id, CASE WHEN id % 9970 = 0 THEN 'Look.' END
    FROM appointment WHERE id % 10 = 0;
    INSERT INTO refund (payment_id, amount, reason, status)
    SELECT id, 100, 'slot_lost', CASE WHEN id % 997 = 0 THEN 'failed' ELSE 'completed' END FROM payment WHERE id % 2 = 0;
    INSERT INTO notification (kind, account_id, appointment_id, appointment_version, status, attempts)
    SELECT 'appointment_confirmed', patient_id, id, 1, CASE WHEN id % 9970 = 0 THEN 'failed' ELSE 'sent' END, 1
    FROM appointment WHERE id % 10 = 0;
    INSERT INTO waitlist_entry (doctor_id, patient_id, status)
    SELECT d, 2001 + (d * 17 + n) % 20000, CASE WHEN n = 1 THEN 'waiting' WHEN n = 2 THEN 'offered' ELSE 'left' END
    FROM generate_series(1, 2000) AS d CROSS JOIN generate_series(1, 20) AS n;
    INSERT INTO offer (appointment_id, waitlist_entry_id, wave, status, due_at, expires_at)
    SELECT a.id, w.id, 1, CASE w.status WHEN 'offered' THEN 'sent' ELSE 'expired' END, t, t
    FROM waitlist_entry AS w
    INNER JOIN appointment AS a ON a.doctor_id = w.doctor_id AND a.status = 'pending'
    CROSS JOIN LATERAL (SELECT now() + CASE w.status WHEN 'offered' THEN 1 ELSE -1 END * interval '1 hour') AS s (t);
"""
# Creating the indexes after the rows takes a quarter of the time.
LARGE = ("appointment", "payment", "refund", "notification", "waitlist_entry", "offer")
NO_INDEX = "UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = ANY ($1::text[]::regclass[])"
NOT_MADE = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT (indisready AND indisvalid)"
READ_WHOLE = """
    SELECT s.relname FROM pg_stat_xact_user_tables AS s INNER JOIN pg_class AS c ON c.oid = s.relid
    WHERE s.seq_scan > 0 AND c.reltuples > 25000 ORDER BY 1
"""
DAY = datetime.now(UTC).date() + timedelta(days=1)
DOCTOR, PATIENT = "doctor = 700", "patient = 9000"
QUESTIONS = {
    "day_sheet": [
        f"{DOCTOR} AND day = '{DAY}'",
        PATIENT,
        "appointment = 300000",
        f"starts_at >= '{DAY}' AND starts_at < '{DAY + timedelta(days=1)}'",
    ],
    "doctor_load": [DOCTOR],
    "waitlist": [DOCTOR, PATIENT],
    "offers": [DOCTOR, PATIENT, "true"],
    "holds": [DOCTOR, PATIENT, "true"],
    "payments_attention": [DOCTOR, PATIENT, "true"],
    "undelivered": ["account_id = 9000", "appointment_id = 300000", "true"],
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def million(database: Database) -> None:
    """A million appointments of two years, with their payments, mails and offers."""
    async with connected(database.superuser, session_replication_role="replica") as root:
        await root.execute(NO_INDEX, LARGE)
        for statements in (PEOPLE, VISITS, WHAT_FOLLOWS, *(f"REINDEX TABLE {table}" for table in LARGE), "ANALYZE"):
            await root.execute(statements)
        assert await root.fetch(NOT_MADE) == []


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return a plan's nodes."""
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


@pytest.mark.timeout(900)  # inserting a million rows on a busy machine
@pytest.mark.usefixtures("million")
@pytest.mark.parametrize(("view", "question"), [(view, q) for view, asked in QUESTIONS.items() for q in asked])
async def test_it_is_answered_by_an_index(admin: Connection, view: str, question: str) -> None:
    statement = f"SELECT * FROM admin.{view} WHERE {question}"
    (planned,) = json.loads(await admin.fetchval(f"EXPLAIN (FORMAT JSON) {statement}"))
    scans = {
        node["Relation Name"]: node["Plan Rows"] for node in nodes(planned["Plan"]) if node["Node Type"] == "Seq Scan"
    }
    large = {row["relname"] for row in await admin.fetch("SELECT relname FROM pg_class WHERE reltuples > 25000")}
    assert large >= {*LARGE}
    assert scans.keys() & large == set()
    async with admin.transaction():
        await admin.fetch(statement)
        # the plan does not show what the view's functions read
        assert [row["relname"] for row in await admin.fetch(READ_WHOLE)] == []


async def test_every_view_is_asked_something(admin: Connection) -> None:
    views = await admin.fetch("SELECT viewname FROM pg_views WHERE schemaname = 'admin'")
    # test_indexes.py queries activity, and the number of rules does not grow
    assert {row["viewname"] for row in views} == {"activity", "rule_catalogue", *QUESTIONS}
