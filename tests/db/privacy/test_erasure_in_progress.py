"""An account that is deleted while offers or payments are under way."""

import asyncpg
from asyncpg import Connection

from tests.support.factories import a_slot, book, make_booking, make_doctor, make_patient, make_patients
from tests.support.servers.databases import Database

ERASE = {"patient": "SELECT erase_patient($1, '-')", "doctor": "SELECT erase_doctor($1, '-')"}
JOIN = "SELECT * FROM join_waitlist($1, $2, NULL)"


LEFT_OPEN = """
    SELECT count(*) FROM appointment AS a LEFT JOIN offer AS o ON o.appointment_id = a.id
    WHERE a.doctor_id = $1 AND (a.status = 'offered' OR o.status IN ('queued', 'sent'))
"""


async def offered(owner: Connection, app: Connection) -> tuple[int, int]:
    """Have a slot that a doctor regains offered to somebody who waits; return the two."""
    doctor, (holder, waiting) = await make_doctor(owner, max_appointments=1), await make_patients(owner, 2)
    appointment = await book(app, holder, doctor, a_slot())
    await app.fetch(JOIN, waiting, doctor)
    await app.fetch("SELECT * FROM cancel_as_patient($1, $2)", holder, appointment)
    assert await owner.fetchval(LEFT_OPEN, doctor) == 1
    return doctor, waiting


async def test_what_a_leaving_doctor_had_on_offer_is_taken_back(owner: Connection, app: Connection) -> None:
    doctor, waiting = await offered(owner, app)
    assert await app.fetchval(ERASE["doctor"], doctor)
    assert await owner.fetchval(LEFT_OPEN, doctor) == 0
    assert await owner.fetchval("SELECT status FROM waitlist_entry WHERE patient_id = $1", waiting) == "lapsed"


async def test_what_a_leaving_patient_was_offered_goes_to_the_next_in_line(owner: Connection, app: Connection) -> None:
    doctor, waiting = await offered(owner, app)
    following = await make_patient(owner)
    await app.fetch(JOIN, following, doctor)
    assert await app.fetchval(ERASE["patient"], waiting)
    whose = "SELECT w.patient_id FROM offer AS o INNER JOIN waitlist_entry AS w ON o.waitlist_entry_id = w.id"
    live = await owner.fetch(f"{whose} WHERE w.doctor_id = $1 AND o.status IN ('queued', 'sent')", doctor)
    assert [row["patient_id"] for row in live] == [following]


async def capturing(app: Connection, patient: int, appointment: int) -> int:
    """Have a hold paid for, up to the moment at which PayPal takes the money; return the payment."""
    payment: int = await app.fetchval("SELECT id FROM create_payment($1, $2, 100, 'USD')", patient, appointment)
    reference = await app.fetchval("SELECT reference::text FROM payment WHERE id = $1", payment)
    await app.fetch("SELECT * FROM begin_capture($1, 'PAYER', 100, 'USD', $2)", payment, reference)
    return payment


async def captured(app: Connection, payment: int) -> None:
    await app.execute("SELECT record_capture($1, $2, 'COMPLETED', 100, 'USD')", payment, f"CAPTURE-{payment}")


async def test_a_refund_goes_on_after_the_patient_has_left(owner: Connection, app: Connection) -> None:
    _, patient, appointment = await make_booking(owner, app)
    payment = await capturing(app, patient, appointment)
    await captured(app, payment)
    assert await owner.fetchval("SELECT status FROM appointment WHERE id = $1", appointment) == "confirmed"
    assert await app.fetchval(ERASE["patient"], patient)
    refund = await owner.fetchval("SELECT id FROM refund WHERE payment_id = $1", payment)
    await app.execute("SELECT record_refund($1, 'REFUND', 'completed', NULL)", refund)
    assert await owner.fetchval("SELECT status FROM payment WHERE id = $1", payment) == "refunded"
    told = "SELECT id FROM notification WHERE kind = 'refund_completed' AND account_id = $1"
    mail = await owner.fetchval(told, patient)
    assert await app.fetch("SELECT * FROM claim_notification($1, interval '1 min')", mail) == []
    outcome = "SELECT status || ': ' || outcome FROM notification WHERE id = $1"
    assert await owner.fetchval(outcome, mail) == "skipped: there is nowhere to send it"


async def test_money_for_a_hold_that_lapsed_before_the_patient_left_goes_back(
    database: Database, owner: Connection, app: Connection
) -> None:
    _, patient, appointment = await make_booking(owner, app)
    payment = await capturing(app, patient, appointment)
    superuser = await asyncpg.connect(database.superuser)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("UPDATE appointment SET hold_expires_at = now() WHERE id = $1", appointment)
    await superuser.close()
    assert await app.fetchval(ERASE["patient"], patient)
    await captured(app, payment)
    stands = "SELECT status || ', ' || without_slot FROM payment WHERE id = $1"
    assert await owner.fetchval(stands, payment) == "captured, true"
    assert await owner.fetchval("SELECT count(*) FROM refund WHERE payment_id = $1", payment) == 1
