"""What each role may do: the app writes bookings through functions only, nobody but the owner touches the rules."""

import asyncpg
import pytest

from tests.databases import Database
from tests.db.refusals import forbidden
from tests.factories import a_slot, book, make_doctor, make_patient

WRITES = [
    "INSERT INTO appointment (doctor_id, patient_id, during) VALUES (1, 2, '[2026-01-01,2026-01-02)')",
    "UPDATE appointment SET status = 'confirmed'",
    "UPDATE appointment SET seat = NULL",
    "UPDATE appointment SET hold_expires_at = 'infinity'",
    "UPDATE appointment SET cancel_deadline = 'infinity'",
    "DELETE FROM appointment",
    "UPDATE waitlist_entry SET status = 'waiting'",
    "INSERT INTO waitlist_entry (doctor_id, patient_id) VALUES (1, 2)",
    "INSERT INTO notification (kind, account_id, appointment_id, appointment_version) VALUES ('slot_offered', 1, 1, 1)",
    "UPDATE notification SET status = 'sent'",
    "UPDATE doctor SET booking_seq = 0",
    "UPDATE doctor SET max_appointments = 30",
    "INSERT INTO payment (appointment_id, amount, currency) VALUES (1, 1, 'USD')",
    "UPDATE payment SET status = 'captured', capture_id = 'X'",
    "UPDATE payment SET without_slot = false",
    "UPDATE payment SET refund_total = 0",
    "DELETE FROM payment",
    "INSERT INTO refund (payment_id, amount, reason) VALUES (1, 1, 'x')",
    "UPDATE refund SET status = 'completed'",
    "DELETE FROM webhook_event",
    "SELECT token_hash FROM calendar_feed",
    "INSERT INTO calendar_feed (account_id, token_hash) VALUES (1, '')",
    "DELETE FROM calendar_feed",
    "SELECT answer FROM receipt",
    "INSERT INTO receipt (account_id, route, key, fingerprint) VALUES (1, '', '', '')",
    "UPDATE receipt SET answer = 'x'",
    "DELETE FROM receipt",
    "UPDATE policy SET hold_minutes = 1440",
    "UPDATE account SET role = 'doctor'",
    "DELETE FROM account",
    "SELECT lock_doctor(1)",
    "SELECT retire_appointments(1, 1, 'infinity')",
    "SELECT act_as('admin')",
    "SELECT confirm_paid(p) FROM payment AS p",
    "SELECT settle_capture(p, 'X') FROM payment AS p",
    "SELECT extend_hold(1, 'infinity')",
    "SELECT retake_slot(p) FROM payment AS p",
    "SELECT request_refund(1, 'x')",
    "SELECT unwind_payments(1)",
    "SELECT lock_payment(1)",
]
NEVER = [
    "TRUNCATE appointment",
    "ALTER TABLE appointment DISABLE TRIGGER ALL",
    "ALTER TABLE appointment DROP CONSTRAINT appointment_doctor_no_overlap",
    "DROP TRIGGER tg_appointment__rules ON appointment",
    "SET session_replication_role = replica",
    "CREATE TABLE mine (id integer)",
    "UPDATE account SET password_hash = 'x'",
    "UPDATE appointment SET seat = 1",
    "UPDATE appointment SET fee = 0",
    "UPDATE appointment SET version = 1",
    "UPDATE payment SET amount = 1",
    "DELETE FROM refund",
    "CREATE OR REPLACE FUNCTION refuse(rule text, why text) RETURNS void LANGUAGE sql AS 'SELECT'",
]


# What the app may do to payments: begin one, and write down what PayPal says of it.
TO_PAY = """
    begin_capture claim_payment claim_refund create_payment end_payment finish_look give_up_hold receive_webhook
    reconcile_payments record_capture record_decline record_order record_refund resume_capture
"""


@pytest.mark.parametrize("statement", WRITES)
async def test_the_app_writes_through_functions_only(app: asyncpg.Connection, statement: str) -> None:
    with forbidden():
        await app.execute(statement)


@pytest.mark.parametrize("statement", NEVER)
@pytest.mark.parametrize("role", ["app", "admin", "auditor"])
async def test_the_rules_are_the_owner_s(database: Database, role: str, statement: str) -> None:
    connection = await asyncpg.connect(getattr(database, role))
    try:
        with forbidden():
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("role", ["admin", "auditor"])
async def test_password_hashes_are_for_the_app(database: Database, role: str) -> None:
    connection = await asyncpg.connect(getattr(database, role))
    try:
        await connection.fetch("SELECT id, username, email, role FROM account")
        with forbidden():
            await connection.fetch("SELECT password_hash FROM account")
        with forbidden():
            await connection.fetch("SELECT * FROM account")
    finally:
        await connection.close()


async def test_an_auditor_reads_and_does_not_write(database: Database, owner: asyncpg.Connection) -> None:
    appointment = await book(owner, await make_patient(owner), await make_doctor(owner), a_slot())
    connection = await asyncpg.connect(database.auditor)
    try:
        assert await connection.fetchval("SELECT status FROM api_appointment WHERE id = $1", appointment) == "pending"
        for statement in WRITES:
            with forbidden():
                await connection.execute(statement)
        with forbidden():
            await connection.fetch("SELECT * FROM book(2, 1, now())")
    finally:
        await connection.close()


async def test_everyone_else_has_nothing(owner: asyncpg.Connection) -> None:
    granted = await owner.fetch("""
        SELECT p.oid::regprocedure::text AS name FROM pg_proc AS p
        WHERE p.pronamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
            AND has_function_privilege('public', p.oid, 'EXECUTE')
        UNION ALL
        SELECT c.oid::regclass::text FROM pg_class AS c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'S')
            AND has_table_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
    """)
    assert [row["name"] for row in granted] == []
    assert not await owner.fetchval("SELECT has_schema_privilege('public', 'public', 'USAGE')")


async def test_functions_with_more_rights_look_only_where_they_should(owner: asyncpg.Connection) -> None:
    loose = await owner.fetch("""
        SELECT oid::regprocedure::text AS name FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prosecdef
            AND NOT coalesce('search_path=public, pg_temp' = ANY (proconfig), false)
    """)
    assert [row["name"] for row in loose] == []


async def test_everything_explains_itself(owner: asyncpg.Connection) -> None:
    silent = await owner.fetch("""
        SELECT c.oid::regclass::text AS name FROM pg_class AS c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v')
            AND obj_description(c.oid, 'pg_class') IS NULL AND c.relname <> 'alembic_version'
        UNION ALL
        SELECT p.oid::regprocedure::text FROM pg_proc AS p
        WHERE p.pronamespace = 'public'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
        UNION ALL
        SELECT t.tgname FROM pg_trigger AS t
        WHERE NOT t.tgisinternal AND obj_description(t.oid, 'pg_trigger') IS NULL
    """)
    assert [row["name"] for row in silent] == []


async def test_the_app_reports_what_paypal_says_and_decides_nothing(owner: asyncpg.Connection) -> None:
    """What follows from it is behind functions that it may not call."""
    rows = await owner.fetch("""
        SELECT proname, has_function_privilege('booking_app', oid, 'EXECUTE') AS for_app FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND provolatile = 'v' AND prorettype <> 'trigger'::regtype
            AND proname ~ '(payment|capture|refund|hold|order|decline$|webhook|look|paid|review|retake)'
    """)
    assert {row["proname"] for row in rows if row["for_app"]} == set(TO_PAY.split())
    assert {row["proname"] for row in rows if not row["for_app"]} >= {"confirm_paid", "retake_slot", "request_refund"}
