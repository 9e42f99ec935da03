"""Scheduled mails are sent once, and only if the appointment has not changed since they were scheduled."""

from datetime import UTC, datetime, timedelta

import asyncpg
from asyncpg import Connection

from tests.support.factories import a_slot, book, make_booking, make_doctor, make_patient
from tests.support.servers.databases import Database, connected

MINUTE = timedelta(minutes=1)
DAY = timedelta(hours=24)
PLANNED = (
    "SELECT kind, appointment_version, due_at FROM scheduled_notification WHERE appointment_id = $1 ORDER BY due_at"
)
DUE = "UPDATE scheduled_notification SET due_at = now() WHERE appointment_id = $1"
QUEUE = "SELECT queue_scheduled_notifications(1000)"
QUEUED = """
    SELECT id, kind, account_id, appointment_version FROM notification
    WHERE appointment_id = $1 AND kind IN ('appointment_held', 'hold_lapsing', 'appointment_reminder') ORDER BY id
"""
CLAIM = "SELECT * FROM claim_notification($1, interval '1 minute', '\\x00')"
OUTCOME = "SELECT outcome FROM notification WHERE id = $1"
MOVE = "SELECT * FROM reschedule_as_patient($1, $2, $3)"
CANCEL = "SELECT * FROM cancel_as_patient($1, $2)"


async def planned(db: Connection, appointment: int) -> list[tuple[str, int]]:
    """Return the scheduled notifications of an appointment, as (kind, version)."""
    return [(row["kind"], row["appointment_version"]) for row in await db.fetch(PLANNED, appointment)]


async def queued(db: Connection, app: Connection, appointment: int) -> list[asyncpg.Record]:
    """Make all scheduled notifications of an appointment due, queue them, and return its mails in the outbox."""
    await db.execute(DUE, appointment)
    await app.execute(QUEUE)
    rows: list[asyncpg.Record] = await db.fetch(QUEUED, appointment)
    return rows


async def test_a_hold_has_two_scheduled_mails(owner: Connection, app: Connection) -> None:
    patient = await make_patient(owner)
    hold = await book(app, patient, await make_doctor(owner), a_slot())
    now = datetime.now(UTC)
    (held, _, first), (lapsing, _, second) = await owner.fetch(PLANNED, hold)
    assert (held, lapsing) == ("appointment_held", "hold_lapsing")
    assert abs(first - now - MINUTE) < MINUTE / 2
    assert abs(second - now - 10 * MINUTE) < MINUTE / 2  # of 15 minutes
    await app.execute(QUEUE)
    assert await owner.fetch(QUEUED, hold) == []
    mails = await queued(owner, app, hold)
    assert sorted((mail["kind"], mail["account_id"]) for mail in mails) == [(held, patient), (lapsing, patient)]
    assert await planned(owner, hold) == []
    (message,) = await app.fetch(CLAIM, mails[0]["id"])
    assert message["hold_expires_at"] - now > 14 * MINUTE


async def test_a_visit_has_one_reminder_a_day_before(owner: Connection, app: Connection) -> None:
    _, patient, visit = await make_booking(owner, app, fee=0)
    assert [tuple(row) for row in await owner.fetch(PLANNED, visit)] == [("appointment_reminder", 1, a_slot() - DAY)]
    (mail,) = await queued(owner, app, visit)
    assert (mail["kind"], mail["account_id"]) == ("appointment_reminder", patient)
    assert len(await queued(owner, app, visit)) == 1


async def test_a_reminder_follows_moves_and_cancellations(owner: Connection, app: Connection) -> None:
    _, patient, visit = await make_booking(owner, app, fee=0)
    (told,) = await queued(owner, app, visit)
    later = a_slot(after=6 * DAY)
    await app.fetch(MOVE, patient, visit, later)
    assert [tuple(row) for row in await owner.fetch(PLANNED, visit)] == [("appointment_reminder", 2, later - DAY)]
    assert await app.fetch(CLAIM, told["id"]) == []  # for the old time, and not yet sent
    assert await owner.fetchval(OUTCOME, told["id"]) == "the appointment has changed"
    assert [mail["appointment_version"] for mail in await queued(owner, app, visit)] == [1, 2]
    await app.fetch(MOVE, patient, visit, a_slot(2))
    await app.fetch(CANCEL, patient, visit)
    assert await planned(owner, visit) == []
    mails = await queued(owner, app, visit)
    assert len(mails) == 2
    for mail in mails:  # mails for the old times are not sent
        assert await app.fetch(CLAIM, mail["id"]) == []


async def test_a_visit_within_a_day_has_no_reminder(owner: Connection, app: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    assert await planned(owner, await book(app, patient, doctor, a_slot(after=timedelta(hours=20)))) == []


async def test_a_moved_hold_keeps_its_lapse_mail(owner: Connection, app: Connection) -> None:
    _, patient, hold = await make_booking(owner, app)
    await app.fetch(MOVE, patient, hold, a_slot(2))
    assert await planned(owner, hold) == [("hold_lapsing", 2)]
    await app.fetch(CANCEL, patient, hold)
    assert await planned(owner, hold) == []


async def test_a_mail_that_comes_too_late_is_not_sent(database: Database, owner: Connection, app: Connection) -> None:
    patient = await make_patient(owner)
    hold = await book(app, patient, await make_doctor(owner), a_slot())
    visit = await book(app, patient, await make_doctor(owner, fee=0), a_slot(4))
    mails = [*await queued(owner, app, hold), *await queued(owner, app, visit)]
    began = asyncpg.Range(datetime.now(UTC) - MINUTE, datetime.now(UTC) + MINUTE)
    async with connected(database.superuser) as superuser:
        await superuser.execute("SET session_replication_role = replica")
        await superuser.execute("UPDATE appointment SET hold_expires_at = now() WHERE id = $1", hold)
        await superuser.execute("UPDATE appointment SET during = $2 WHERE id = $1", visit, began)
    for mail in mails:
        assert await app.fetch(CLAIM, mail["id"]) == []
    outcomes = [await owner.fetchval(OUTCOME, mail["id"]) for mail in mails]
    assert outcomes == ["the hold has lapsed", "the hold has lapsed", "the appointment has begun"]


async def test_a_paying_patient_gets_no_hold_mails(owner: Connection, app: Connection) -> None:
    patient = await make_patient(owner)
    hold = await book(app, patient, await make_doctor(owner), a_slot())
    payment = await app.fetchval("SELECT id FROM create_payment($1, $2, 100, 'USD')", patient, hold)
    mails = await queued(owner, app, hold)
    reference = await app.fetchval("SELECT reference::text FROM payment WHERE id = $1", payment)
    await app.fetch("SELECT * FROM begin_capture($1, 'PAYER', 100, 'USD', $2)", payment, reference)
    for mail in mails:
        assert await app.fetch(CLAIM, mail["id"]) == []
        assert await owner.fetchval(OUTCOME, mail["id"]) == "the payment is in progress"
