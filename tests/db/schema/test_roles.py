"""The privileges of each role: the app writes bookings only through functions, and only the owner changes the rules."""

import pytest
from asyncpg import Connection

from tests.support.db.refusals import forbidden
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.servers.databases import Database, connected

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
    "SELECT cancel_payments(1)",
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


SECRETS = [
    "SELECT password_hash FROM account",
    "SELECT * FROM account",
    "SELECT a FROM account AS a",
    "SELECT count(*) FROM account WHERE password_hash = 'x'",
    "SELECT token_hash FROM account_token",
    "SELECT token_hash FROM refresh_token",
    "SELECT token_hash FROM calendar_feed",
    "SELECT token_hash FROM offer_token",
    "SELECT answer FROM receipt",
    "COPY account TO STDOUT",
]


@pytest.mark.parametrize("statement", WRITES)
async def test_the_app_writes_through_functions_only(app: Connection, statement: str) -> None:
    with forbidden():
        await app.execute(statement)


@pytest.mark.parametrize("statement", NEVER)
@pytest.mark.parametrize("role", ["app", "admin", "auditor"])
async def test_the_rules_are_the_owner_s(database: Database, role: str, statement: str) -> None:
    async with connected(getattr(database, role)) as connection:
        with forbidden():
            await connection.execute(statement)


@pytest.mark.parametrize("role", ["app", "admin", "auditor"])
async def test_no_role_reads_hashes_of_passwords_or_tokens(database: Database, role: str) -> None:
    async with connected(getattr(database, role)) as connection:
        await connection.fetch("SELECT id, username, email, role FROM account")
        for statement in SECRETS:
            with forbidden():
                await connection.fetch(statement)


async def test_only_the_app_reads_a_password_hash(database: Database, app: Connection, owner: Connection) -> None:
    patient = await make_patient(owner)
    assert await app.fetchval("SELECT password_hash_of($1)", patient) == "-"
    for role in (database.admin, database.auditor):
        async with connected(role) as connection:
            with forbidden():
                await connection.fetch("SELECT password_hash_of($1)", patient)


async def test_an_auditor_reads_and_does_not_write(database: Database, owner: Connection) -> None:
    appointment = await book(owner, await make_patient(owner), await make_doctor(owner), a_slot())
    async with connected(database.auditor) as connection:
        assert await connection.fetchval("SELECT status FROM api_appointment WHERE id = $1", appointment) == "pending"
        for statement in WRITES:
            with forbidden():
                await connection.execute(statement)
        with forbidden():
            await connection.fetch("SELECT * FROM book(2, 1, now())")
