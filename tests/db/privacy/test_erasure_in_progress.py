"""Account deletion while offers or payments are in progress."""

from asyncpg import Connection

from tests.support.db.offers import freed_slot, offers, waiting
from tests.support.db.payments import captured, capturing, lapse
from tests.support.servers.databases import Database

ERASE = {"patient": "SELECT erase_patient($1, '-')", "doctor": "SELECT erase_doctor($1, '-')"}


LEFT_OPEN = """
    SELECT count(*) FROM appointment AS a LEFT JOIN offer AS o ON o.appointment_id = a.id
    WHERE a.doctor_id = $1 AND (a.status = 'offered' OR o.status IN ('queued', 'sent'))
"""


async def test_a_leaving_doctor_s_offers_are_withdrawn(owner: Connection, app: Connection) -> None:
    doctor, (patient,) = await freed_slot(owner)
    assert await owner.fetchval(LEFT_OPEN, doctor) == 1
    assert await app.fetchval(ERASE["doctor"], doctor)
    assert await owner.fetchval(LEFT_OPEN, doctor) == 0
    assert await owner.fetchval("SELECT status FROM waitlist_entry WHERE patient_id = $1", patient) == "lapsed"


async def test_a_leaving_patient_s_offer_goes_to_the_next(owner: Connection, app: Connection) -> None:
    doctor, (leaving,) = await freed_slot(owner)
    (following,) = await waiting(owner, doctor, 1)
    assert await app.fetchval(ERASE["patient"], leaving)
    assert list(await offers(owner, doctor)) == [following]


async def test_a_refund_goes_on_after_the_patient_has_left(owner: Connection, app: Connection) -> None:
    paying = await captured(owner, app)
    assert await app.fetchval(ERASE["patient"], paying.patient)
    await app.execute("SELECT record_refund($1, 'REFUND', 'completed', NULL)", await paying.refund_id())
    assert await paying.state() == ("refunded", "canceled")
    told = "SELECT id FROM notification WHERE kind = 'refund_completed' AND account_id = $1"
    mail = await owner.fetchval(told, paying.patient)
    assert await app.fetch("SELECT * FROM claim_notification($1, interval '1 min')", mail) == []
    outcome = "SELECT status || ': ' || outcome FROM notification WHERE id = $1"
    assert await owner.fetchval(outcome, mail) == "skipped: the account has no email address for it"


async def test_a_capture_after_leaving_is_refunded(database: Database, owner: Connection, app: Connection) -> None:
    paying = await capturing(owner, app)
    await lapse(database, paying.appointment)
    assert await app.fetchval(ERASE["patient"], paying.patient)
    await paying.record()
    assert await paying.value("status, without_slot") == ("captured", True)
    assert len(await paying.refunds()) == 1
