"""purge_personal_data deletes personal data that is no longer needed after 30 days, and not earlier."""

from datetime import datetime

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.db.offers import freed_slot
from tests.support.db.past_visits import ago
from tests.support.db.refusals import triggers_off
from tests.support.factories import insert, make_booking, make_doctor, make_patient, make_patients, past_appointment

OLD, NEW = ago(hours=721), ago(hours=719)


async def purge(app: Connection) -> int:
    """Purge until nothing is left to delete; return the number of changed rows."""
    rows = 0
    while taken := await app.fetchval("SELECT purge_personal_data(2)"):
        rows += taken
    return rows


@pytest.mark.parametrize(("age", "left"), [(OLD, None), (NEW, "the flood")], ids=["old", "new"])
async def test_why_an_appointment_was_canceled(
    owner: Connection, app: Connection, root: Connection, age: datetime, left: str | None
) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    canceled = {"status": "canceled", "seat": None, "canceled_by": "doctor", "cancel_reason": "the flood"}
    appointments = [await past_appointment(root, doctor, patient, **canceled) for _ in range(3)]
    async with triggers_off(root):
        await root.execute("UPDATE appointment SET updated_at = $2 WHERE id = ANY ($1)", appointments, age)
    everything = "SELECT to_jsonb(a) - 'cancel_reason' FROM appointment AS a WHERE id = ANY ($1) ORDER BY id"
    before = await owner.fetch(everything, appointments)
    assert await purge(app) == (0 if left else 3)
    reasons = "SELECT DISTINCT cancel_reason FROM appointment WHERE id = ANY ($1)"
    assert [row[0] for row in await owner.fetch(reasons, appointments)] == [left]
    assert await owner.fetch(everything, appointments) == before
    assert not await owner.fetch("SELECT FROM notification WHERE appointment_id = ANY ($1)", appointments)


@pytest.mark.proves("appointment_status_transition")
async def test_purging_changes_nothing_else(owner: Connection) -> None:
    """With booking.actor of the purge, an update removes the cancellation reason and changes nothing else."""
    _, _, appointment = await make_booking(owner, owner)
    async with owner.transaction():
        await owner.execute("SELECT act_as('purge')")
        change = "UPDATE appointment SET status = 'confirmed', cancel_reason = 'x' WHERE id = $1"
        await owner.execute(change, appointment)
    (row,) = await owner.fetch("SELECT status, cancel_reason FROM appointment WHERE id = $1", appointment)
    assert tuple(row) == ("pending", None)


async def test_time_off_that_is_over(owner: Connection, app: Connection) -> None:
    doctor = await make_doctor(owner)
    for reason, end in (("old", OLD), ("new", NEW)):
        during = asyncpg.Range(ago(hours=900), end)
        await insert(owner, "time_off", doctor_id=doctor, during=during, reason=reason)
    assert await purge(app) == 1
    assert await owner.fetchval("SELECT reason FROM time_off WHERE doctor_id = $1", doctor) == "new"


async def test_mails(owner: Connection, app: Connection) -> None:
    patient = await make_patient(owner)
    columns = {"account_id": patient, "outcome": "no such user", "snapshot": '{"email": "a"}', "request_id": "id"}
    for status, age in (("sent", OLD), ("failed", OLD), ("sent", NEW), ("queued", OLD)):
        await insert(owner, "notification", kind="password_changed", status=status, created_at=age, **columns)
    assert await purge(app) == 2
    kept = "(outcome, snapshot, request_id) IS NOT NULL"
    left = f"SELECT status, {kept} FROM notification WHERE account_id = $1 ORDER BY id"
    assert [tuple(row) for row in await owner.fetch(left, patient)] == [
        ("sent", False),
        ("failed", False),
        ("sent", True),
        ("queued", True),
    ]


async def test_payers_and_webhook_events(owner: Connection, app: Connection, root: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    ended = {"captured": True, "canceled": True, "failed": True, "created": False, "pending_review": False}
    for number, status in enumerate(ended):
        appointment = await past_appointment(root, doctor, patient, status="completed", seat=None)
        ids = {"order_id": f"ORDER-{number}", "capture_id": f"ORDER-{number}", "payer_id": "PAYER"}
        payment = {"appointment_id": appointment, "amount": 100, "currency": "USD", "updated_at": OLD}
        async with triggers_off(root):
            await insert(root, "payment", status=status, **ids, **payment)
    for name, age in (("old", OLD), ("new", NEW)):
        await insert(owner, "webhook_event", id=name, kind="x", received_at=age)
    assert await purge(app) == 4
    payers = {row["status"]: row["payer_id"] for row in await owner.fetch("SELECT status, payer_id FROM payment")}
    assert payers == {status: None if over else "PAYER" for status, over in ended.items()}
    assert [row["id"] for row in await owner.fetch("SELECT id FROM webhook_event")] == ["new"]
    orders = "SELECT count(*) FROM payment WHERE order_id IS NOT NULL AND capture_id IS NOT NULL"
    assert await owner.fetchval(orders) == len(ended)  # kept for accounting


async def test_links_to_offers(owner: Connection, app: Connection) -> None:
    _, made = await freed_slot(owner)
    (offer,) = made.values()
    for token, age in ((b"old", OLD), (b"new", NEW)):
        await insert(owner, "offer_token", token_hash=token, offer_id=offer, created_at=age)
    assert await purge(app) == 1
    assert [row["token_hash"] for row in await owner.fetch("SELECT token_hash FROM offer_token")] == [b"new"]


async def test_expired_codes_and_unverified_addresses(owner: Connection, app: Connection) -> None:
    one, two, three = await make_patients(owner, 3)
    code = {"purpose": "email_verification", "email": "new@example.com"}
    for account, token, expires_at in ((one, b"live", ago(hours=-1)), (two, b"expired", ago(seconds=1))):
        await owner.execute("UPDATE account SET pending_email = 'new@example.com' WHERE id = $1", account)
        await insert(owner, "account_token", token_hash=token, account_id=account, expires_at=expires_at, **code)
    await owner.execute("SELECT change_email($1, 'another@example.com')", three)  # its mail is queued
    assert await purge(app) == 2
    pending = "SELECT id FROM account WHERE pending_email IS NOT NULL ORDER BY id"
    assert [row["id"] for row in await owner.fetch(pending)] == [one, three]
    assert [row["account_id"] for row in await owner.fetch("SELECT account_id FROM account_token")] == [one]
