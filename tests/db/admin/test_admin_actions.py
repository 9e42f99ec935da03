"""An admin's action at psql has the same consequences as the same action through the API, and obeys the same rules."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection

from tests.support.db.offers import waiting
from tests.support.db.payments import begun, by_root, captured
from tests.support.db.refusals import refused, undone
from tests.support.factories import a_slot, book, make_doctor, make_patient, make_patients
from tests.support.servers.databases import Database, connected

CANCEL = "SELECT * FROM admin.cancel_appointment($1, $2)"
MOVE = "SELECT * FROM admin.reschedule_appointment($1, $2)"
BULK = "SELECT * FROM admin.bulk_cancel($1, $2, 'The doctor is ill.')"
RETRY = "SELECT * FROM admin.retry_refund($1)"
FAIL = "UPDATE refund SET status = 'failed' WHERE id = $1"
MAILS = """
    SELECT n.kind, CASE n.account_id WHEN $1 THEN 'doctor' WHEN $2 THEN 'patient' ELSE 'waiting' END AS who
    FROM notification AS n INNER JOIN appointment AS a ON a.id = n.appointment_id
    WHERE a.doctor_id = $1 AND n.kind <> 'appointment_confirmed' ORDER BY 1, 2
"""


async def consequences(owner: Connection, app: Connection, actor: Connection, call: str) -> tuple[Any, dict[str, Any]]:
    """Act on a full doctor's paid appointment while a patient waits.

    Returns the call's row, and its consequences: mails, refunds, offers, scheduled notifications, and the appointment.
    """
    paying = await captured(owner, app, max_appointments=1)
    d, a = paying.doctor, paying.appointment
    await waiting(owner, d, 1)
    notifications: list[object] = []
    await owner.add_listener("booking_outbox", lambda *_: notifications.append(None))
    (row,) = await actor.fetch(f"SELECT * FROM {call.format(**paying._asdict())}")
    await owner.execute("SELECT")  # notifications arrive with the answer
    assert notifications
    return row, {
        "by": await owner.fetchval("SELECT canceled_by FROM appointment WHERE id = $1", a),
        "mails": [tuple(row) for row in await owner.fetch(MAILS, d, paying.patient)],
        "refunds": await paying.refunds(),
        "offers": await owner.fetchval("SELECT count(*) FROM admin.offers WHERE doctor = $1", d),
        "planned": await owner.fetchval("SELECT count(*) FROM scheduled_notification WHERE appointment_id = $1", a),
        "appointment": await owner.fetchrow("SELECT status, seat, cancel_reason FROM appointment WHERE id = $1", a),
    }


async def test_a_cancellation_is_like_the_patient_s(owner: Connection, app: Connection, admin: Connection) -> None:
    _, expected = await consequences(owner, app, app, "cancel_as_patient({patient}, {appointment})")
    row, found = await consequences(owner, app, admin, "admin.cancel_appointment({appointment}, NULL)")
    assert row["status"] == "canceled"
    assert (expected.pop("by"), found.pop("by")) == ("patient", "admin")
    assert found == expected
    assert expected["refunds"] == [(Decimal("100.00"), "appointment_canceled", "requested")]
    assert expected["offers"] == 1
    assert expected["mails"] == [
        ("appointment_canceled", "doctor"),
        ("appointment_canceled", "patient"),
        ("slot_offered", "waiting"),
    ]


async def test_a_move_is_like_the_doctor_s(owner: Connection, app: Connection, admin: Connection) -> None:
    to = f"{{appointment}}, '{a_slot(5).isoformat()}'"
    _, expected = await consequences(owner, app, app, f"reschedule_as_doctor({{doctor}}, {to}, false)")
    row, found = await consequences(owner, app, admin, f"admin.reschedule_appointment({to})")
    assert row["appointment_date"] == row["cancel_deadline"] == a_slot(5)  # a fresh right to cancel
    expected["mails"].insert(0, ("appointment_rescheduled", "doctor"))
    assert found == expected


async def test_a_bulk_cancellation_mails_each_person_once(
    owner: Connection, app: Connection, admin: Connection
) -> None:
    hours = tuple((day, 0, 1440) for day in range(1, 8))
    doctor = await make_doctor(owner, hours=hours, fee=0, timezone="Pacific/Auckland")
    patients = await make_patients(owner, 2)
    first = a_slot().replace(hour=12, minute=0)  # in Auckland this is the next day
    ids = [await book(app, patients[n % 2], doctor, first + n * timedelta(minutes=30)) for n in range(3)]
    later = await book(app, patients[0], doctor, first + timedelta(days=1))
    day = (first + timedelta(days=1)).date()
    dry = "SELECT id FROM admin.bulk_cancel(doctor => $1, day => $2, dry_run => true)"
    assert [row["id"] for row in await admin.fetch(dry, doctor, day)] == ids
    assert [row["status"] for row in await admin.fetch(BULK, doctor, day)] == ["canceled"] * 3
    told = "SELECT account_id, 1 + cardinality(also) AS n FROM notification WHERE kind = 'appointment_canceled'"
    rows = await owner.fetch(f"{told} AND account_id = ANY ($1)", [doctor, *patients])
    assert {row["account_id"]: row["n"] for row in rows} == {doctor: 3, patients[0]: 2, patients[1]: 1}
    block = "SELECT id FROM admin.bulk_cancel(doctor => $1, day => NULL, block => true)"
    assert [row["id"] for row in await admin.fetch(block, doctor)] == [later]
    off = await owner.fetchval("SELECT count(*) FROM time_off WHERE doctor_id = $1", doctor)
    assert off == 1
    by = await owner.fetch("SELECT DISTINCT canceled_by FROM appointment WHERE doctor_id = $1", doctor)
    assert [row["canceled_by"] for row in by] == ["admin"]


async def test_an_admin_may_block_the_time_of_one(owner: Connection, app: Connection, admin: Connection) -> None:
    paying = await captured(owner, app, max_appointments=1)
    await waiting(owner, paying.doctor, 1)
    await admin.fetch("SELECT * FROM admin.cancel_appointment($1, block => true)", paying.appointment)
    assert await owner.fetchval("SELECT during FROM time_off WHERE doctor_id = $1", paying.doctor)
    # the seat that has come free is offered for another time
    starts = await owner.fetch("SELECT starts_at FROM admin.offers WHERE doctor = $1", paying.doctor)
    assert [row["starts_at"] for row in starts] != [a_slot()]


async def test_the_rules_hold_for_an_admin(owner: Connection, app: Connection, admin: Connection) -> None:
    doctor, (patient, other) = await make_doctor(owner), await make_patients(owner, 2)
    appointment = await book(app, patient, doctor, a_slot())
    await book(app, other, doctor, a_slot(1))
    for start, rule in (
        (a_slot(1), "appointment_doctor_no_overlap"),
        (a_slot() + timedelta(minutes=1), "appointment_within_working_hours"),
        (a_slot(after=timedelta(days=20)), "appointment_booking_window"),
        (datetime.now(UTC) - timedelta(days=1), "appointment_booking_window"),
    ):
        with refused(rule):
            await admin.fetch(MOVE, appointment, start)
    await admin.fetch(CANCEL, appointment, "Twice.")
    for act, argument in ((CANCEL, "Again."), (MOVE, a_slot(2))):
        with refused("appointment_status_transition"):
            await admin.fetch(act, appointment, argument)


async def test_a_failed_refund_is_retried(
    owner: Connection, app: Connection, admin: Connection, database: Database
) -> None:
    paying = await captured(owner, app)
    await admin.fetch(CANCEL, paying.appointment, None)
    failed = await paying.refund_id()
    await by_root(database, "UPDATE refund SET due_at = 'infinity' WHERE id = $1", failed)
    (hurried,) = await admin.fetch(RETRY, failed)
    assert hurried["id"] == failed
    assert hurried["due_at"] <= datetime.now(UTC)
    await owner.execute(FAIL, failed)
    look = "SELECT failed_refund, payment FROM admin.payments_attention WHERE patient = $1"
    assert [tuple(row) for row in await admin.fetch(look, paying.patient)] == [(failed, paying.payment)]
    (again,) = await admin.fetch(RETRY, failed)
    assert (again["status"], again["amount"]) == ("requested", Decimal("100.00"))
    assert again["request_id"] != hurried["request_id"]  # PayPal answers the same request id the same way
    assert await admin.fetch(look, paying.patient) == []


async def test_the_policy_is_set_by_name(owner: Connection, admin: Connection) -> None:
    (before,) = await owner.fetch("SELECT * FROM policy")
    names = await owner.fetchval("SELECT proargnames[1:pronargs] FROM pg_proc WHERE proname = 'set_policy'")
    assert set(names) == set(before.keys()) - {"id"}  # every setting
    assert await admin.fetchrow("SELECT * FROM admin.set_policy()") == before
    change = "hold_minutes => 20, reminder_lead => '2 days', currencies => '{USD,EUR}'"
    changed = {"hold_minutes": 20, "reminder_lead": timedelta(days=2), "currencies": ["USD", "EUR"]}
    async with undone(admin):
        (after,) = await admin.fetch(f"SELECT * FROM admin.set_policy({change})")
        assert after == await admin.fetchrow("SELECT * FROM policy")
        assert dict(after) == dict(before) | changed


async def test_a_mail_is_tried_again(owner: Connection, app: Connection, admin: Connection) -> None:
    await book(app, await make_patient(owner), await make_doctor(owner, fee=0), a_slot())
    mail = await owner.fetchval("SELECT max(id) FROM notification")
    await owner.execute("UPDATE notification SET status = 'failed', attempts = 30 WHERE id = $1", mail)
    await admin.execute("SELECT admin.requeue_notification($1)", mail)
    assert await owner.fetchval("SELECT (status, attempts) FROM notification WHERE id = $1", mail) == ("queued", 0)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def slips(database: Database) -> dict[str, int]:
    """The ids for mistaken calls, by name."""
    async with connected(database.owner) as owner:
        held, paid = await begun(owner, owner), await captured(owner, owner)
        await paid.cancel()
        refund = await paid.refund_id()
        await owner.execute("UPDATE refund SET status = 'completed' WHERE id = $1", refund)
        return {
            "held": held.appointment,
            "patient": held.patient,
            "ended": paid.appointment,
            "refund": refund,
            "mail": await owner.fetchval("SELECT max(id) FROM notification WHERE status = 'queued'"),
        }


def wrong(statement: str, message: str, hint: str) -> Any:
    """Return a case: a mistaken call, with the error message and the hint that it gets."""
    return pytest.param(statement, message, hint, id=statement)


@pytest.mark.parametrize(
    ("statement", "message", "hint"),
    [
        wrong("admin.cancel_appointment(0)", "There is no appointment 0.", "admin.day_sheet"),
        wrong("admin.cancel_appointment(NULL)", "No appointment is given.", "admin.day_sheet"),
        wrong("admin.cancel_appointment({ended})", "This appointment is canceled", "appointment = {ended};"),
        wrong("admin.reschedule_appointment(0, now())", "There is no appointment 0.", "admin.day_sheet"),
        wrong("admin.reschedule_appointment({held}, NULL)", "No start is given.", "Nearest free slots: "),
        wrong("admin.reschedule_appointment({held}, now())", "An appointment must start", "Nearest free slots: "),
        wrong("admin.reschedule_appointment({held}, 'infinity')", "This is not one of", "Nearest free slots: "),
        wrong("admin.reschedule_appointment({ended}, now())", "This appointment is canceled", "appointment = {ended};"),
        wrong("admin.bulk_cancel(0, NULL)", "There is no doctor 0.", "admin.doctor_load"),
        wrong("admin.bulk_cancel(NULL, NULL)", "No doctor is given.", "admin.doctor_load"),
        wrong("admin.verify_doctor({patient})", "There is no doctor {patient}.", "SELECT account_id, full_name"),
        wrong("admin.requeue_notification(0)", "There is no mail 0.", "admin.undelivered"),
        wrong("admin.requeue_notification(NULL)", "No mail is given.", "admin.undelivered"),
        wrong("admin.requeue_notification({mail})", "Mail {mail} is queued, not failed.", "admin.undelivered"),
        wrong("admin.retry_refund(0)", "There is no refund 0.", "admin.payments_attention"),
        wrong("admin.retry_refund({refund})", "Refund {refund} is completed", "nothing to do"),
        wrong(
            "admin.set_policy(hold_minutes => 0)",
            "The policy was not changed: it would violate policy_hold_minutes_valid",
            ">= 1",
        ),
        wrong("admin.set_policy(hold_minutes => 99999)", "The policy was not changed: smallint out of range", r"\d+"),
        wrong(
            "admin.set_policy(default_currency => 'XXX')",
            "The policy was not changed",
            "default_currency = ANY (currencies)",
        ),
        wrong("admin.set_policy(default_currency => 'EURO')", "The policy was not changed", r"\d+ policy"),
        wrong("admin.set_policy(max_fee => 1)", "The policy was not changed", "default_fee <= max_fee"),
    ],
)
async def test_a_slip_is_explained(
    slips: dict[str, int], admin: Connection, statement: str, message: str, hint: str
) -> None:
    with pytest.raises(asyncpg.PostgresError) as caught:
        await admin.fetch(f"SELECT * FROM {statement.format(**slips)}")
    told = caught.value.as_dict()
    assert told["message"].startswith(message.format(**slips))
    assert hint.format(**slips) in told["hint"]
