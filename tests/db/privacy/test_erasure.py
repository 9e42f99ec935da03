"""Account deletion: future appointments end by the rules, and only an id of the person remains."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.db.refusals import refused
from tests.support.factories import (
    a_slot,
    book,
    insert,
    make_booking,
    make_doctor,
    make_patient,
    make_patients,
    past_appointment,
)
from tests.support.servers.databases import Database, connected

ERASE = {"patient": "SELECT erase_patient($1, '-')", "doctor": "SELECT erase_doctor($1, '-')"}
JOIN = "SELECT * FROM join_waitlist($1, $2, NULL)"
MAILS = """
    SELECT kind, account_id, status, snapshot::jsonb ->> 'email' AS email, snapshot::jsonb ->> 'doctor' AS doctor,
        snapshot::jsonb ->> 'patient' AS patient
    FROM notification WHERE account_id = ANY ($1) ORDER BY id
"""
# all rows that refer to an account, as one text
ALL_ABOUT = """
    SELECT jsonb_build_array(
        (SELECT jsonb_agg(a) FROM account AS a WHERE id = $1),
        (SELECT jsonb_agg(d) FROM doctor AS d WHERE account_id = $1),
        (SELECT jsonb_agg(p) FROM patient AS p WHERE account_id = $1),
        (SELECT jsonb_agg(t) FROM refresh_token AS t WHERE account_id = $1),
        (SELECT jsonb_agg(t) FROM account_token AS t WHERE account_id = $1),
        (SELECT jsonb_agg(f) FROM calendar_feed AS f WHERE account_id = $1),
        (SELECT jsonb_agg(r) FROM receipt AS r WHERE account_id = $1),
        (SELECT jsonb_agg(w) FROM working_hours AS w WHERE doctor_id = $1),
        (SELECT jsonb_agg(t) FROM time_off AS t WHERE doctor_id = $1),
        (SELECT jsonb_agg(a) FROM appointment AS a WHERE $1 IN (doctor_id, patient_id)),
        (SELECT jsonb_agg(n) FROM notification AS n WHERE account_id = $1)
    )::text
"""
SECRETS = ("zebulon", "galoshes", "5550102", "spinal", "flood", "Tahiti", "argon")


async def fill(db: Connection, account: int) -> None:
    """Fill an account with personal data."""
    emails = "email = 'z@galoshes.example', pending_email = 'y@galoshes.example', email_verified_at = now()"
    await db.execute(f"UPDATE account SET username = 'zebulon', {emails} WHERE id = $1", account)
    for table in ("doctor", "patient"):
        await db.execute(f"UPDATE {table} SET full_name = 'zebulon', phone = '5550102' WHERE account_id = $1", account)
    await db.execute("UPDATE doctor SET specialty = 'spinal' WHERE account_id = $1", account)
    token = {"token_hash": account.to_bytes(4, "big"), "account_id": account, "expires_at": a_slot()}
    await insert(db, "refresh_token", family=uuid4(), **token)
    await insert(db, "account_token", purpose="password_reset", email="z@galoshes.example", **token)
    await insert(db, "receipt", account_id=account, route="r", key="k", fingerprint=b"", answer=b"zebulon")
    await db.execute("SELECT open_calendar_feed($1, uuid_send(gen_random_uuid()))", account)


@pytest.mark.parametrize("role", ["patient", "doctor"])
async def test_only_an_id_is_left(owner: Connection, app: Connection, root: Connection, role: str) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    account = doctor if role == "doctor" else patient
    canceled = {"status": "canceled", "canceled_by": "doctor", "cancel_reason": "flood"}
    for columns in (canceled, {"status": "completed"}):
        await past_appointment(root, doctor, patient, seat=None, **columns)
    if role == "doctor":
        await insert(owner, "time_off", doctor_id=doctor, during=asyncpg.Range(a_slot(9), a_slot(10)), reason="Tahiti")
    await book(app, patient, doctor, a_slot())
    await fill(owner, account)
    assert await app.fetchval(ERASE[role], account) is True
    await owner.execute("UPDATE notification SET status = 'sent', snapshot = NULL WHERE status = 'queued'")
    left = await owner.fetchval(ALL_ABOUT, account)
    assert not [word for word in SECRETS if word in left]
    appointments = "SELECT status FROM appointment WHERE doctor_id = $1 AND patient_id = $2 ORDER BY id"
    statuses = [row["status"] for row in await owner.fetch(appointments, doctor, patient)]
    assert statuses == ["canceled", "completed", "canceled"]
    assert await app.fetchval(ERASE[role], account) is False  # already erased


@pytest.mark.parametrize("role", ["patient", "doctor"])
async def test_with_another_password_nothing_happens(owner: Connection, app: Connection, role: str) -> None:
    doctor, patient, appointment = await make_booking(owner, app, fee=0)
    account = doctor if role == "doctor" else patient
    assert await app.fetchval(ERASE[role].replace("'-'", "'another'"), account) is False
    assert await owner.fetchval("SELECT status FROM account WHERE id = $1", account) == "active"
    assert await owner.fetchval("SELECT status FROM appointment WHERE id = $1", appointment) == "confirmed"


async def test_a_leaving_patient_cancels_everything(owner: Connection, app: Connection) -> None:
    free, paid = await make_doctor(owner, fee=0), await make_doctor(owner)
    full = await make_doctor(owner, max_appointments=0)
    patient = await make_patient(owner)
    confirmed, held = await book(app, patient, free, a_slot()), await book(app, patient, paid, a_slot(1))
    await app.fetch(JOIN, patient, full)
    name, email = f"Patient {patient}", await owner.fetchval("SELECT email FROM account WHERE id = $1", patient)
    assert await app.fetchval(ERASE["patient"], patient)
    ended = await owner.fetch("SELECT status, canceled_by FROM appointment WHERE id = ANY ($1)", [confirmed, held])
    assert [tuple(row) for row in ended] == [("canceled", "patient")] * 2
    assert await owner.fetchval("SELECT status FROM waitlist_entry WHERE patient_id = $1", patient) == "left"
    mails = [tuple(row) for row in await owner.fetch(MAILS, [free, paid, full, patient])]
    assert mails == [
        ("appointment_confirmed", patient, "skipped", None, None, None),
        ("appointment_confirmed", free, "queued", None, None, name),
        ("waitlist_joined", patient, "skipped", None, None, None),
        ("appointment_canceled", patient, "queued", email, None, name),
        ("appointment_canceled", free, "queued", None, None, name),
        ("appointment_canceled", patient, "queued", email, None, name),
        ("account_erased", patient, "queued", email, None, None),
    ]


@pytest.mark.proves("appointment_cancel_notice")
async def test_a_patient_who_cannot_cancel_cannot_leave(owner: Connection, app: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    late = a_slot(after=timedelta(hours=60))
    soon, later = await book(app, patient, doctor, late), await book(app, patient, doctor, a_slot())
    with refused("appointment_cancel_notice"):
        await app.fetchval(ERASE["patient"], patient)
    assert [row["id"] for row in await app.fetch("SELECT id FROM not_cancelable($1)", patient)] == [soon]
    statuses = "SELECT count(*) FROM appointment WHERE id = ANY ($1) AND status = 'confirmed'"
    assert await owner.fetchval(statuses, [soon, later]) == 2


async def test_a_begun_visit_does_not_prevent_erasure(owner: Connection, app: Connection, root: Connection) -> None:
    for role in ("patient", "doctor"):
        doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
        begun = datetime.now(UTC) - timedelta(minutes=10)
        appointment = await past_appointment(root, doctor, patient, status="confirmed", start=begun)
        assert await app.fetchval(ERASE[role], doctor if role == "doctor" else patient)
        assert await owner.fetchval("SELECT status FROM appointment WHERE id = $1", appointment) == "confirmed"


async def test_a_leaving_doctor_cancels_everything(owner: Connection, app: Connection) -> None:
    doctor = await make_doctor(owner, fee=0, max_appointments=3)
    one, two, waiting, other = await make_patients(owner, 4)
    for number, patient in enumerate((one, two, two)):
        await book(app, patient, doctor, a_slot(number))
    await app.fetch(JOIN, waiting, doctor)
    await app.fetch("SELECT * FROM join_waitlist($1, $2, $3)", waiting, doctor, a_slot().date())
    await owner.execute("UPDATE notification SET status = 'sent'")
    assert await app.fetchval(ERASE["doctor"], doctor)
    mails = await owner.fetch(MAILS, [one, two, waiting, other])
    assert sorted((row["kind"], row["account_id"], row["doctor"]) for row in mails if row["status"] == "queued") == [
        ("appointment_canceled", one, f"Dr {doctor}"),
        ("appointment_canceled", two, f"Dr {doctor}"),
        ("waiting_ended", waiting, f"Dr {doctor}"),
    ]
    live = "SELECT count(*) FROM waitlist_entry WHERE doctor_id = $1 AND status <> 'lapsed'"
    assert await owner.fetchval(live, doctor) == 0
    assert await owner.fetchval("SELECT count(*) FROM free_slots($1, '-infinity', 'infinity')", doctor) == 0


@pytest.mark.proves("appointment_patient_id_fkey", "waitlist_entry_patient_id_fkey", "waitlist_entry_doctor_id_fkey")
async def test_nothing_new_is_about_an_erased_account(owner: Connection, app: Connection) -> None:
    doctor, full, leaver = [await make_doctor(owner, hours=hours) for hours in (None, (), ())]
    patient, other = await make_patients(owner, 2)
    for account, role in ((patient, "patient"), (leaver, "doctor")):
        assert await app.fetchval(ERASE[role], account)
    with refused("appointment_patient_id_fkey"):
        await book(app, patient, doctor, a_slot())
    with refused("appointment_within_working_hours"):
        await book(app, other, leaver, a_slot())
    with refused("waitlist_entry_patient_id_fkey"):
        await app.fetch(JOIN, patient, full)
    with refused("waitlist_entry_doctor_id_fkey"):
        await app.fetch(JOIN, other, leaver)


@pytest.mark.proves("appointment_patient_id_fkey", "waitlist_entry_patient_id_fkey")
@pytest.mark.parametrize("act", ["book", "join_waitlist"])
async def test_booking_and_leaving_exclude_each_other(
    database: Database, owner: Connection, app: Connection, act: str
) -> None:
    """In either order, an erased patient has no future appointments or waitlist entries."""
    doctor = await make_doctor(owner, hours=None if act == "book" else ())
    when = f"'{a_slot().isoformat()}'" if act == "book" else "NULL"
    acts = f"SELECT * FROM {act}($1, {doctor}, {when})"
    erase = ERASE["patient"]
    async with connected(database.app) as other:
        for first, second, error in (
            (acts, erase, asyncpg.SerializationError),
            (erase, acts, asyncpg.CheckViolationError),
        ):
            patient = await make_patient(owner)
            async with app.transaction():
                await app.fetch(first, patient)
                waiting = asyncio.create_task(other.fetch(second, patient))
                await asyncio.sleep(0.3)
                assert not waiting.done()
            with pytest.raises(error):
                await waiting
