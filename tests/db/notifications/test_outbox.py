"""What a change writes to the outbox in its own transaction, and when it sends NOTIFY booking_outbox."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from asyncpg import Connection

from tests.support.db.refusals import undone
from tests.support.factories import (
    a_slot,
    book,
    make_booking,
    make_doctor,
    make_patient,
    make_patients,
    past_appointment,
)
from tests.support.servers.databases import Database, connected

JOIN = "SELECT * FROM join_waitlist($1, $2, $3)"
CANCEL = "SELECT * FROM cancel_as_patient($1, $2)"
MAILS = "SELECT kind, account_id, appointment_version FROM notification WHERE appointment_id = $1 ORDER BY id"
STATE = "SELECT status, outcome, extract(epoch FROM due_at - clock_timestamp())::float8 FROM notification WHERE id = $1"
CLAIM = "SELECT * FROM claim_notification($1, interval '1 minute')"


async def mails(db: Connection, appointment: int) -> list[tuple[str, int, int]]:
    """Return an appointment's mails as (kind, account, version), in order."""
    return [tuple(row) for row in await db.fetch(MAILS, appointment)]


@pytest.mark.proves("tg_appointment__outbox")
async def test_a_confirmation_is_mailed_to_both_and_a_hold_to_none(owner: Connection, app: Connection) -> None:
    paid, free, patient = await make_doctor(owner), await make_doctor(owner, fee=0), await make_patient(owner)
    held, confirmed = await book(app, patient, paid, a_slot()), await book(app, patient, free, a_slot(1))
    assert await mails(owner, held) == []
    both = [("appointment_confirmed", patient, 1), ("appointment_confirmed", free, 1)]
    assert await mails(owner, confirmed) == both
    await app.fetch(CANCEL, patient, held)
    assert await mails(owner, held) == [("appointment_canceled", patient, 2)]  # the doctor got no mail about the hold
    await app.fetch(CANCEL, patient, confirmed)
    assert await mails(owner, confirmed) == [
        *both,
        ("appointment_canceled", patient, 2),
        ("appointment_canceled", free, 2),
    ]


async def test_a_freed_slot_is_offered_in_order_to_those_it_suits(owner: Connection, app: Connection) -> None:
    doctor, holder, *waiting = await make_doctor(owner, max_appointments=1), *await make_patients(owner, 5)
    appointment = await book(app, holder, doctor, a_slot())
    day = a_slot().date()
    days = [None, day, day + timedelta(days=1), day]
    for patient, desired in zip(waiting, days, strict=True):
        await app.fetch(JOIN, patient, doctor, desired)
    await app.fetch(JOIN, waiting[3], doctor, None)  # two entries, one mail
    await app.fetch(CANCEL, holder, appointment)
    on_offer = await owner.fetchval("SELECT id FROM appointment WHERE doctor_id = $1 AND status = 'offered'", doctor)
    offered = [("slot_offered", patient, 1) for patient in (waiting[0], waiting[1], waiting[3])]
    assert await mails(owner, on_offer) == offered


async def test_a_rollback_leaves_no_mail(owner: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    async with undone(owner):
        appointment = await book(owner, patient, doctor, a_slot())
    assert await mails(owner, appointment) == []


async def test_only_an_offer_to_a_waiting_patient_notifies(database: Database, owner: Connection) -> None:
    doctor, holder, waiting = await make_doctor(owner, max_appointments=1), *await make_patients(owner, 2)
    rings: asyncio.Queue[str] = asyncio.Queue()
    async with connected(database.app) as listener:
        await listener.add_listener("booking_outbox", lambda *ring: rings.put_nowait(ring[3]))
        first = await book(owner, holder, doctor, a_slot())
        await owner.fetch(CANCEL, holder, first)
        second = await book(owner, holder, doctor, a_slot(1))
        await owner.fetch(JOIN, waiting, doctor, None)
        await owner.fetch(CANCEL, holder, second)
        assert await asyncio.wait_for(rings.get(), 10) == ""
        await listener.fetchval("SELECT 1")  # further notifications would arrive with the answer
        assert rings.empty()


async def test_a_claim_is_a_lease(owner: Connection, app: Connection) -> None:
    _, _, appointment = await make_booking(owner, app, fee=0)
    mail = await owner.fetchval("SELECT min(id) FROM notification WHERE appointment_id = $1", appointment)
    (message,) = await app.fetch(CLAIM, mail)
    assert message["recipient_role"] == "patient"
    assert await app.fetch(CLAIM, mail) == []  # another worker has it
    await owner.execute("UPDATE notification SET due_at = now() WHERE id = $1", mail)  # the lease ends
    (again,) = await app.fetch(CLAIM, mail)
    assert again["message_id"] == message["message_id"]
    await app.execute("SELECT notification_sent($1)", mail)
    await owner.execute("UPDATE notification SET due_at = now() WHERE id = $1", mail)
    assert await app.fetch(CLAIM, mail) == []
    (row,) = await owner.fetch("SELECT status, attempts FROM notification WHERE id = $1", mail)
    assert tuple(row) == ("sent", 2)


async def test_a_mail_has_the_time_zone_of_its_reader(owner: Connection, app: Connection) -> None:
    doctor = await make_doctor(owner, fee=0, timezone="Europe/Berlin")
    patient = await make_patient(owner, timezone="Asia/Kolkata")
    appointment = await book(app, patient, doctor, a_slot())
    zones = []
    for row in await owner.fetch("SELECT id FROM notification WHERE appointment_id = $1 ORDER BY id", appointment):
        (message,) = await app.fetch(CLAIM, row["id"])
        zones.append((message["recipient_role"], message["timezone"]))
    assert zones == [("patient", "Asia/Kolkata"), ("doctor", "Europe/Berlin")]


async def test_failures_back_off_and_end_after_thirty(owner: Connection, app: Connection) -> None:
    _, _, appointment = await make_booking(owner, app, fee=0)
    ids = "SELECT id FROM notification WHERE appointment_id = $1 ORDER BY id"
    (first,), (second,) = await owner.fetch(ids, appointment)
    spread = []
    for attempt in range(1, 31):
        assert await app.fetch(CLAIM, first), attempt
        await app.execute("SELECT notification_failed($1, '450 later', false)", first)
        (row,) = await owner.fetch(STATE, first)
        assert row[:2] == ("failed" if attempt == 30 else "queued", "450 later")
        pause = min(5 * 2 ** (attempt - 1), 3600)
        assert 0.9 * pause - 1 < row[2] <= 1.25 * pause
        spread.append(row[2] / pause)
        await owner.execute("UPDATE notification SET due_at = now() WHERE id = $1", first)
    late = spread[10:]
    assert max(late) - min(late) > 0.01  # mails that failed at the same time are retried at different times
    await app.fetch(CLAIM, second)
    await app.execute("SELECT notification_failed($1, '550 no such user', true)", second)
    assert await owner.fetchval("SELECT status FROM notification WHERE id = $1", second) == "failed"


async def test_the_sweep_records_what_has_lapsed(owner: Connection, app: Connection, root: Connection) -> None:
    doctor, holder, visitor, waiting = await make_doctor(owner), *await make_patients(owner, 3)
    now = datetime.now(UTC)
    lapsed = await past_appointment(root, doctor, holder, start=a_slot(), hold_expires_at=now)
    visit = await past_appointment(root, doctor, visitor, status="confirmed", seat=2)
    await root.execute("SET session_replication_role = replica")
    await root.executemany(
        "INSERT INTO waitlist_entry (doctor_id, patient_id, desired_date, status) VALUES ($1, $2, $3, 'paused')",
        [(doctor, waiting, now.date()), (doctor, waiting, now.date() - timedelta(days=1))],
    )
    assert [row["doctor_id"] for row in await app.fetch("SELECT * FROM doctor_to_sweep")] == [doctor]
    for _ in range(2):
        await app.execute("SELECT sweep_doctor($1)", doctor)
    rows = await owner.fetch("SELECT id, status, version FROM appointment WHERE doctor_id = $1 ORDER BY id", doctor)
    assert [tuple(row) for row in rows] == [(lapsed, "expired", 2), (visit, "completed", 2)]
    entries = await owner.fetch("SELECT status FROM waitlist_entry WHERE doctor_id = $1 ORDER BY id", doctor)
    assert [row["status"] for row in entries] == ["paused", "lapsed"]
    told = "SELECT n.kind, l.doctor FROM notification AS n INNER JOIN notification_message AS l USING (id) WHERE account_id = $1"
    assert [tuple(row) for row in await owner.fetch(told, waiting)] == [("waiting_lapsed", f"Dr {doctor}")]
    assert await app.fetch("SELECT * FROM doctor_to_sweep") == []
