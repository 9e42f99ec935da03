"""What the tables refuse by themselves: constraints and unique indexes, with every rule trigger off.

Each statement is wrong in one way only, so that the rule it is refused by stands alone.
"""

from collections.abc import AsyncIterator
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection

from tests.support.db.refusals import broken, refused, refuses
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.servers.databases import Database

GUARDED = ("appointment", "doctor", "time_off", "waitlist_entry", "working_hours")
TIME_OFF = "INSERT INTO time_off (doctor_id, during) VALUES ($1, '[2030-01-01,2030-01-02)')"

MAILS = (
    "INSERT INTO notification (kind, account_id, appointment_id, appointment_version)"
    " SELECT 'appointment_confirmed', patient_id, id, version FROM appointment"
)


@pytest_asyncio.fixture(scope="module")
async def tables(database: Database) -> AsyncIterator[Connection]:
    """A connection to a database with a row in each table, and without the triggers that apply rules."""
    db = await asyncpg.connect(database.owner)
    patient = await make_patient(db)
    free, paid, full = (
        await make_doctor(db, fee=Decimal(0)),
        await make_doctor(db, fee=Decimal(9)),
        await make_doctor(db, hours=()),
    )
    await db.execute("ALTER TABLE appointment DISABLE TRIGGER tg_appointment__outbox")
    for number, doctor in enumerate((free, free, paid)):  # two visits and a hold
        await book(db, patient, doctor, a_slot(number))
    await db.execute(MAILS)
    await db.fetch("SELECT * FROM join_waitlist($1, $2, NULL)", patient, full)
    await db.execute(TIME_OFF, free)
    for table in GUARDED:
        await db.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield db
    await db.close()


HOLD = "UPDATE appointment SET {} WHERE status = 'pending'"
VISIT = "UPDATE appointment SET {} WHERE status = 'confirmed'"
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
        broken("appointment_status_valid", HOLD.format("seat = NULL, status = 'lost'")),
        broken("appointment_during_valid", *(HOLD.format(f"during = '{text}'") for text in RANGES)),
        broken("appointment_doctor_cap", HOLD.format("seat = 0"), HOLD.format("seat = 31")),
        broken("appointment_doctor_seat", VISIT.format("seat = 7")),
        broken("appointment_seat_iff_active", HOLD.format("seat = NULL"), HOLD.format("status = 'expired'")),
        broken(
            "appointment_patient_iff_claimed",
            HOLD.format("patient_id = NULL"),
            HOLD.format("status = 'offered'"),
            HOLD.format("seat = NULL, status = 'released'"),
        ),
        broken("appointment_hold_has_end", HOLD.format("hold_expires_at = NULL")),
        broken(
            "appointment_canceled_by_valid",
            HOLD.format("canceled_by = 'doctor'"),
            HOLD.format("seat = NULL, status = 'canceled'"),
            HOLD.format("seat = NULL, status = 'canceled', canceled_by = 'system'"),
        ),
        broken("appointment_doctor_id_fkey", HOLD.format("doctor_id = patient_id"), HOLD.format("doctor_id = 0")),
        broken("appointment_patient_id_fkey", HOLD.format("patient_id = doctor_id"), HOLD.format("patient_id = 0")),
        broken("time_off_during_valid", *(f"UPDATE time_off SET during = '{text}'" for text in RANGES)),
        broken("time_off_doctor_id_fkey", TIME_OFF.replace("$1", "0")),
        broken("waitlist_entry_status_valid", "UPDATE waitlist_entry SET status = 'lost'"),
        broken("waitlist_entry_doctor_id_fkey", "UPDATE waitlist_entry SET doctor_id = patient_id"),
        broken("waitlist_entry_patient_id_fkey", "UPDATE waitlist_entry SET patient_id = doctor_id"),
    ],
)
async def test_appointments_and_waiting(tables: Connection, rule: str, statements: tuple[str, ...]) -> None:
    await refuses(tables, rule, statements)


ACCOUNT = "INSERT INTO account (username, email, password_hash, role) VALUES ({}, '-', {})"
TWIN = "INSERT INTO account (username, email, password_hash, role) SELECT {}, '-', role FROM account LIMIT 1"
HOURS = "INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute) VALUES ({})"


def doctor(*changes: str) -> tuple[str, ...]:
    """Return statements that change every doctor."""
    return tuple(f"UPDATE doctor SET {change}" for change in changes)


@pytest.mark.parametrize(
    ("rule", "statements"),
    [
        broken(
            "account_username_valid",
            *(
                ACCOUNT.format(f"{name}, 'a@example.com'", "'patient'")
                for name in ("''", "'a b'", "'ä'", "repeat('a', 151)")
            ),
        ),
        broken(
            "account_email_valid",
            *(
                ACCOUNT.format(f"'new', {address}", "'patient'")
                for address in (
                    "'a'",
                    "'a@b'",
                    "'a b@example.com'",
                    "'ä@example.com'",
                    "'a@' || repeat('b.', 126) || 'com'",
                )
            ),
        ),
        broken(
            "account_pending_email_valid",
            *(
                f"UPDATE account SET pending_email = {address}"
                for address in ("'a'", "'a@' || repeat('b.', 126) || 'com'")
            ),
        ),
        broken(
            "account_erased_is_empty",
            "UPDATE account SET status = 'erased'",
            "UPDATE account SET username = NULL",
            "UPDATE account SET email = NULL",
            "UPDATE account SET password_hash = NULL",
            "UPDATE account SET status = 'erased', username = NULL, email = NULL",
            "UPDATE account SET status = 'erased', username = NULL, email = NULL, password_hash = NULL,"
            " email_verified_at = now()",
            "UPDATE account SET status = 'erased', username = NULL, email = NULL, password_hash = NULL,"
            " pending_email = 'a@example.com'",
        ),
        broken(
            "account_token_account_id_fkey",
            "INSERT INTO account_token (token_hash, account_id, purpose, email, expires_at)"
            " VALUES ('', 0, 'password_reset', '', now())",
        ),
        broken("calendar_feed_account_id_fkey", "INSERT INTO calendar_feed (account_id, token_hash) VALUES (0, '')"),
        broken(
            "calendar_feed_token_unique",
            "INSERT INTO calendar_feed (account_id, token_hash) SELECT id, '' FROM account LIMIT 2",
        ),
        broken(
            "account_token_purpose_valid",
            "INSERT INTO account_token (token_hash, account_id, purpose, email, expires_at)"
            " SELECT '', id, 'login', '', now() FROM account LIMIT 1",
        ),
        broken("account_role_valid", ACCOUNT.format("'new', 'new@example.com'", "'admin'")),
        broken("account_status_valid", "UPDATE account SET status = 'asleep'"),
        broken(
            "refresh_token_account_id_fkey",
            "INSERT INTO refresh_token (token_hash, account_id, family, expires_at) VALUES ('', 0, gen_random_uuid(), now())",
        ),
        broken(
            "receipt_account_id_fkey",
            "INSERT INTO receipt (account_id, route, key, fingerprint) VALUES (0, '', '', '')",
        ),
        broken("account_username_unique", TWIN.format("upper(username), 'new@example.com'")),
        broken("account_email_unique", TWIN.format("'new', upper(email)")),
        broken("doctor_timezone_fkey", *doctor("timezone = 'Mars/Olympus'")),
        broken("patient_timezone_fkey", "UPDATE patient SET timezone = 'Mars/Olympus'"),
        broken("doctor_slot_minutes_valid", *doctor("slot_minutes = 4", "slot_minutes = 481")),
        broken("doctor_buffer_minutes_valid", *doctor("buffer_minutes = -1", "buffer_minutes = 481")),
        broken("doctor_max_appointments_valid", *doctor("max_appointments = -1", "max_appointments = 31")),
        broken("doctor_fee_valid", *doctor("fee = -0.01")),
        broken("doctor_fee_has_no_minor_unit", *doctor("fee = 0.5, currency = 'JPY'")),
        broken("doctor_experience_years_valid", *doctor("experience_years = -1", "experience_years = 81")),
        broken("working_hours_doctor_id_fkey", HOURS.format("0, 1, 0, 60")),
        broken("working_hours_weekday_valid", HOURS.format("1, 0, 0, 60"), HOURS.format("1, 8, 0, 60")),
        broken(
            "working_hours_minutes_valid",
            *(HOURS.format(f"1, 1, {minutes}") for minutes in ("-1, 60", "60, 60", "120, 60", "1380, 1441")),
        ),
        broken(
            "working_hours_no_overlap",
            "INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute)"
            " SELECT doctor_id, weekday, 1439, 1440 FROM working_hours LIMIT 1",
        ),
    ],
)
async def test_people_and_hours(tables: Connection, rule: str, statements: tuple[str, ...]) -> None:
    await refuses(tables, rule, statements)


COMING = "INSERT INTO scheduled_notification (appointment_id, kind, appointment_version, due_at) SELECT {} FROM appointment {}"


def policy(*changes: str) -> tuple[str, ...]:
    """Return statements that change the policy."""
    return tuple(f"UPDATE policy SET {change}" for change in changes)


@pytest.mark.parametrize(
    ("rule", "statements"),
    [
        broken("policy_review_hours_valid", *policy("review_hours = 0", "review_hours = 337")),
        broken("policy_one_row", "INSERT INTO policy (id) VALUES (false)"),
        broken("policy_hold_minutes_valid", *policy("hold_minutes = 0", "hold_minutes = 1441")),
        broken("policy_reminder_lead_valid", *policy("reminder_lead = '59 min'", "reminder_lead = '169 h'")),
        broken(
            "scheduled_notification_appointment_id_fkey", COMING.format("0, 'hold_lapsing', 1, now()", "WHERE id = 1")
        ),
        broken("scheduled_notification_kind_valid", COMING.format("id, 'gossip', 1, now()", "LIMIT 1")),
        broken("policy_patient_hold_limit_valid", *policy("patient_hold_limit = 0", "patient_hold_limit = 31")),
        broken("policy_default_fee_valid", *policy("default_fee = -1", "default_fee = max_fee + 1")),
        broken("policy_default_currency_valid", *policy("default_currency = 'XXX'", "currencies = '{EUR}'")),
        broken("policy_max_fee_valid", *policy("max_fee = 1000001")),
        broken("notification_kind_valid", "UPDATE notification SET kind = 'gossip'"),
        broken("notification_status_valid", "UPDATE notification SET status = 'lost'"),
        broken("notification_account_id_fkey", "UPDATE notification SET account_id = 0 WHERE id = 1"),
        broken("notification_appointment_id_fkey", "UPDATE notification SET appointment_id = 0 WHERE id = 1"),
        broken(
            "notification_appointment_known",
            "UPDATE notification SET kind = 'password_changed' WHERE id = 1",
            "UPDATE notification SET appointment_id = NULL WHERE id = 1",
            "UPDATE notification SET appointment_version = NULL WHERE id = 1",
        ),
        broken("notification_offer_id_fkey", "UPDATE notification SET offer_id = 0"),
        broken("notification_waitlist_entry_id_fkey", "UPDATE notification SET waitlist_entry_id = 0"),
        broken(
            "notification_once",
            MAILS,
        ),
        broken("notification_batch", f"UPDATE notification SET batch = '{UUID(int=0)}'"),
    ],
)
async def test_policy_and_outbox(tables: Connection, rule: str, statements: tuple[str, ...]) -> None:
    await refuses(tables, rule, statements)


@pytest.mark.proves("account_id_role_unique", "doctor_account_id_fkey", "patient_account_id_fkey")
async def test_a_profile_pins_the_role_of_its_account(tables: Connection) -> None:
    """The key of id and role is there to be referred to; the id alone is unique already."""
    for role, other in (("doctor", "patient"), ("patient", "doctor")):
        with refused(f"{role}_account_id_fkey"):
            await tables.execute("UPDATE account SET role = $2 WHERE role = $1", role, other)
