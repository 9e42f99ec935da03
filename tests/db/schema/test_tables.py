"""The constraints and unique indexes of the tables, with the rule triggers off.

Each statement breaks one rule only.
"""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio
from asyncpg import Connection

from tests.support.db.refusals import broken, refused, refuses
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.servers.databases import Database, connected

GUARDED = ("appointment", "doctor", "time_off", "waitlist_entry", "working_hours")
TIME_OFF = "INSERT INTO time_off (doctor_id, during) VALUES ($1, '[2030-01-01,2030-01-02)')"

MAILS = (
    "INSERT INTO notification (kind, account_id, appointment_id, appointment_version)"
    " SELECT 'appointment_confirmed', patient_id, id, version FROM appointment"
)


@pytest_asyncio.fixture(scope="module")
async def tables(database: Database) -> AsyncIterator[Connection]:
    """A connection to a database with a row in each table, and without the triggers that apply rules."""
    async with connected(database.owner) as db:
        patient, full = await make_patient(db), await make_doctor(db, hours=())
        free, paid = await make_doctor(db, fee=0), await make_doctor(db, fee=9)
        await db.execute("ALTER TABLE appointment DISABLE TRIGGER tg_appointment__outbox")
        for number, doctor in enumerate((free, free, paid)):  # two visits and a hold
            await book(db, patient, doctor, a_slot(number))
        await db.execute(MAILS)
        await db.fetch("SELECT * FROM join_waitlist($1, $2, NULL)", patient, full)
        await db.execute(TIME_OFF, free)
        for table in GUARDED:
            await db.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield db


HOLD = "UPDATE appointment SET {} WHERE status = 'pending'"
ACCOUNT = "INSERT INTO account (username, email, password_hash, role) VALUES ({}, '-', 'patient')"
ACCOUNTS = "UPDATE account SET {}"
ERASED = "status = 'erased', username = NULL, email = NULL"
TWIN = "INSERT INTO account (username, email, password_hash, role) SELECT {}, '-', role FROM account LIMIT 1"
TOKEN = "INSERT INTO account_token (token_hash, account_id, purpose, email, expires_at) SELECT '', {}, '', now() FROM account LIMIT 1"
FEED = "INSERT INTO calendar_feed (account_id, token_hash) {}"
DOCTOR = "UPDATE doctor SET {}"
HOURS = "INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute) VALUES ({})"
ENTRY = "UPDATE waitlist_entry SET {}"
POLICY = "UPDATE policy SET {}"
MAIL = "UPDATE notification SET {} WHERE id = 1"
COMING = "INSERT INTO scheduled_notification (appointment_id, kind, appointment_version, due_at) SELECT {}, 1, now() FROM appointment LIMIT 1"
RANGES = (
    "empty",
    "[2030-01-01,2030-01-02]",
    "(2030-01-01,2030-01-02)",
    "[2030-01-01,)",
    "[2030-01-01,infinity)",
    "[-infinity,2030-01-01)",
    "(,2030-01-01)",
)


@pytest.mark.parametrize(
    ("rule", "statements"),
    [
        broken("appointment_status_valid", HOLD, "seat = NULL, status = 'lost'"),
        broken("appointment_during_valid", HOLD, *(f"during = '{text}'" for text in RANGES)),
        broken("appointment_doctor_cap", HOLD, "seat = 0", "seat = 31"),
        broken("appointment_doctor_seat", "UPDATE appointment SET seat = 7 WHERE status = 'confirmed'"),
        broken("appointment_seat_iff_active", HOLD, "seat = NULL", "status = 'expired'"),
        broken(
            "appointment_patient_iff_claimed",
            HOLD,
            *("patient_id = NULL", "status = 'offered'", "seat = NULL, status = 'released'"),
        ),
        broken("appointment_hold_has_end", HOLD, "hold_expires_at = NULL"),
        broken(
            "appointment_canceled_by_valid",
            HOLD,
            "canceled_by = 'doctor'",
            "seat = NULL, status = 'canceled'",
            "seat = NULL, status = 'canceled', canceled_by = 'system'",
        ),
        broken("appointment_doctor_id_fkey", HOLD, "doctor_id = patient_id", "doctor_id = 0"),
        broken("appointment_patient_id_fkey", HOLD, "patient_id = doctor_id", "patient_id = 0"),
        broken("time_off_during_valid", "UPDATE time_off SET during = '{}'", *RANGES),
        broken("time_off_doctor_id_fkey", TIME_OFF.replace("$1", "0")),
        broken("waitlist_entry_status_valid", ENTRY, "status = 'lost'"),
        broken("waitlist_entry_doctor_id_fkey", ENTRY, "doctor_id = patient_id"),
        broken("waitlist_entry_patient_id_fkey", ENTRY, "patient_id = doctor_id"),
        broken(
            "account_username_valid",
            ACCOUNT.replace("{}", "{}, 'a@example.com'"),
            *("''", "'a b'", "'ä'", "repeat('a', 151)"),
        ),
        broken(
            "account_email_valid",
            ACCOUNT.replace("{}", "'new', {}"),
            *("'a'", "'a@b'", "'a b@example.com'", "'ä@example.com'", "'a@' || repeat('b.', 126) || 'com'"),
        ),
        broken(
            "account_pending_email_valid",
            ACCOUNTS,
            "pending_email = 'a'",
            "pending_email = 'a@' || repeat('b.', 126) || 'com'",
        ),
        broken(
            "account_erased_is_empty",
            ACCOUNTS,
            *("status = 'erased'", "username = NULL", "email = NULL", "password_hash = NULL", ERASED),
            f"{ERASED}, password_hash = NULL, email_verified_at = now()",
            f"{ERASED}, password_hash = NULL, pending_email = 'a@example.com'",
        ),
        broken("account_token_account_id_fkey", TOKEN, "0, 'password_reset'"),
        broken("calendar_feed_account_id_fkey", FEED, "VALUES (0, '')"),
        broken("calendar_feed_token_unique", FEED, "SELECT id, '' FROM account LIMIT 2"),
        broken("account_token_purpose_valid", TOKEN, "id, 'login'"),
        broken("account_role_valid", ACCOUNT.replace("'patient'", "'admin'"), "'new', 'new@example.com'"),
        broken("account_status_valid", ACCOUNTS, "status = 'asleep'"),
        broken(
            "refresh_token_account_id_fkey",
            "INSERT INTO refresh_token (token_hash, account_id, family, expires_at) VALUES ('', 0, gen_random_uuid(), now())",
        ),
        broken(
            "receipt_account_id_fkey",
            "INSERT INTO receipt (account_id, route, key, fingerprint) VALUES (0, '', '', '')",
        ),
        broken("account_username_unique", TWIN, "upper(username), 'new@example.com'"),
        broken("account_email_unique", TWIN, "'new', upper(email)"),
        broken("doctor_timezone_fkey", DOCTOR, "timezone = 'Mars/Olympus'"),
        broken("patient_timezone_fkey", "UPDATE patient SET timezone = 'Mars/Olympus'"),
        broken("doctor_slot_minutes_valid", DOCTOR, "slot_minutes = 4", "slot_minutes = 481"),
        broken("doctor_buffer_minutes_valid", DOCTOR, "buffer_minutes = -1", "buffer_minutes = 481"),
        broken("doctor_max_appointments_valid", DOCTOR, "max_appointments = -1", "max_appointments = 31"),
        broken("doctor_fee_valid", DOCTOR, "fee = -0.01"),
        broken("doctor_fee_has_no_minor_unit", DOCTOR, "fee = 0.5, currency = 'JPY'"),
        broken("doctor_experience_years_valid", DOCTOR, "experience_years = -1", "experience_years = 81"),
        broken("working_hours_doctor_id_fkey", HOURS, "0, 1, 0, 60"),
        broken("working_hours_weekday_valid", HOURS, "1, 0, 0, 60", "1, 8, 0, 60"),
        broken(
            "working_hours_minutes_valid", HOURS, "1, 1, -1, 60", "1, 1, 60, 60", "1, 1, 120, 60", "1, 1, 1380, 1441"
        ),
        broken(
            "working_hours_no_overlap",
            "INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute)"
            " SELECT doctor_id, weekday, 1439, 1440 FROM working_hours LIMIT 1",
        ),
        broken("policy_review_hours_valid", POLICY, "review_hours = 0", "review_hours = 337"),
        broken("policy_one_row", "INSERT INTO policy (id) VALUES (false)"),
        broken("policy_hold_minutes_valid", POLICY, "hold_minutes = 0", "hold_minutes = 1441"),
        broken("policy_reminder_lead_valid", POLICY, "reminder_lead = '59 min'", "reminder_lead = '169 h'"),
        broken("scheduled_notification_appointment_id_fkey", COMING, "0, 'hold_lapsing'"),
        broken("scheduled_notification_kind_valid", COMING, "id, 'gossip'"),
        broken("policy_patient_hold_limit_valid", POLICY, "patient_hold_limit = 0", "patient_hold_limit = 31"),
        broken("policy_default_fee_valid", POLICY, "default_fee = -1", "default_fee = max_fee + 1"),
        broken("policy_default_currency_valid", POLICY, "default_currency = 'XXX'", "currencies = '{EUR}'"),
        broken("policy_max_fee_valid", POLICY, "max_fee = 1000001"),
        broken("notification_kind_valid", MAIL, "kind = 'gossip'"),
        broken("notification_status_valid", MAIL, "status = 'lost'"),
        broken("notification_account_id_fkey", MAIL, "account_id = 0"),
        broken("notification_appointment_id_fkey", MAIL, "appointment_id = 0"),
        broken(
            "notification_appointment_known",
            MAIL,
            *("kind = 'password_changed'", "appointment_id = NULL", "appointment_version = NULL"),
        ),
        broken("notification_offer_id_fkey", MAIL, "offer_id = 0"),
        broken("notification_waitlist_entry_id_fkey", MAIL, "waitlist_entry_id = 0"),
        broken("notification_once", MAILS),
        broken("notification_batch", f"UPDATE notification SET batch = '{UUID(int=0)}'"),
    ],
)
async def test_a_table_refuses(tables: Connection, rule: str, statements: list[str]) -> None:
    await refuses(tables, rule, statements)


@pytest.mark.proves("account_id_role_unique", "doctor_account_id_fkey", "patient_account_id_fkey")
async def test_a_profile_pins_the_role_of_its_account(tables: Connection) -> None:
    """The key of id and role exists for foreign keys; the id alone is unique already."""
    for role, other in (("doctor", "patient"), ("patient", "doctor")):
        with refused(f"{role}_account_id_fkey"):
            await tables.execute("UPDATE account SET role = $2 WHERE role = $1", role, other)
