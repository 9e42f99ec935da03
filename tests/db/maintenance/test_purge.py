"""purge_personal_data deletes personal data that is no longer needed after 30 days, and not earlier."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection

from tests.support.db.offers import freed_slot
from tests.support.factories import make_booking, make_doctor, make_patient, past_appointment
from tests.support.servers.databases import Database


@pytest_asyncio.fixture
async def root(database: Database) -> AsyncIterator[Connection]:
    """A superuser's connection with triggers off, which can make rows older."""
    connection = await asyncpg.connect(database.superuser)
    await connection.execute("SET session_replication_role = replica")
    yield connection
    await connection.close()


async def purge(app: Connection) -> int:
    """Purge until nothing is left to delete; return the number of changed rows."""
    rows = 0
    while taken := await app.fetchval("SELECT purge_personal_data(2)"):
        rows += taken
    return rows


@pytest.mark.parametrize(("age", "left"), [("721 hours", None), ("719 hours", "the flood")])
async def test_why_an_appointment_was_canceled(
    owner: Connection, app: Connection, root: Connection, age: str, left: str | None
) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    canceled = {"status": "canceled", "seat": None, "canceled_by": "doctor", "cancel_reason": "the flood"}
    appointments = [await past_appointment(root, doctor, patient, **canceled) for _ in range(3)]
    await root.execute(
        "UPDATE appointment SET updated_at = now() - $2::text::interval WHERE id = ANY ($1)", appointments, age
    )
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
        await owner.execute(
            "UPDATE appointment SET status = 'confirmed', cancel_reason = 'x' WHERE id = $1", appointment
        )
    (row,) = await owner.fetch("SELECT status, cancel_reason FROM appointment WHERE id = $1", appointment)
    assert tuple(row) == ("pending", None)


async def test_time_off_that_is_over(owner: Connection, app: Connection) -> None:
    doctor = await make_doctor(owner)
    for end in ("721 hours", "719 hours"):
        await owner.execute(
            "INSERT INTO time_off (doctor_id, during, reason)"
            " VALUES ($1, tstzrange(now() - interval '900 hours', now() - $2::text::interval), $2)",
            doctor,
            end,
        )
    assert await purge(app) == 1
    assert await owner.fetchval("SELECT reason FROM time_off WHERE doctor_id = $1", doctor) == "719 hours"


async def test_mails(owner: Connection, app: Connection) -> None:
    patient = await make_patient(owner)
    columns = "kind, account_id, status, created_at, outcome, snapshot, request_id"
    for status, age in (("sent", "721 hours"), ("failed", "721 hours"), ("sent", "719 hours"), ("queued", "721 hours")):
        await owner.execute(
            f"INSERT INTO notification ({columns})"
            " VALUES ('password_changed', $1, $2, now() - $3::text::interval, 'no such user', '{\"email\": \"a\"}', 'id')",
            patient,
            status,
            age,
        )
    assert await purge(app) == 2
    left = (
        "SELECT status, (outcome, snapshot, request_id) IS NOT NULL FROM notification WHERE account_id = $1 ORDER BY id"
    )
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
        await root.execute(
            "INSERT INTO payment (appointment_id, amount, currency, status, order_id, capture_id, payer_id, updated_at)"
            " VALUES ($1, 100, 'USD', $2, $3, $3, 'PAYER', now() - interval '721 hours')",
            appointment,
            status,
            f"ORDER-{number}",
        )
    for name, age in (("old", "721 hours"), ("new", "719 hours")):
        await owner.execute(
            "INSERT INTO webhook_event (id, kind, received_at) VALUES ($1, 'x', now() - $2::text::interval)", name, age
        )
    assert await purge(app) == 4
    payers = {row["status"]: row["payer_id"] for row in await owner.fetch("SELECT status, payer_id FROM payment")}
    assert payers == {status: None if over else "PAYER" for status, over in ended.items()}
    assert [row["id"] for row in await owner.fetch("SELECT id FROM webhook_event")] == ["new"]
    orders = "SELECT count(*) FROM payment WHERE order_id IS NOT NULL AND capture_id IS NOT NULL"
    assert await owner.fetchval(orders) == len(ended)  # kept for accounting


async def test_links_to_offers(owner: Connection, app: Connection) -> None:
    _, made = await freed_slot(owner)
    (offer,) = made.values()
    for token, age in ((b"old", "721 hours"), (b"new", "719 hours")):
        await owner.execute(
            "INSERT INTO offer_token (token_hash, offer_id, created_at) VALUES ($1, $2, now() - $3::text::interval)",
            token,
            offer,
            age,
        )
    assert await purge(app) == 1
    assert [row["token_hash"] for row in await owner.fetch("SELECT token_hash FROM offer_token")] == [b"new"]


async def test_expired_codes_and_unverified_addresses(owner: Connection, app: Connection) -> None:
    one, two, three = await make_patient(owner), await make_patient(owner), await make_patient(owner)
    for account, lasts in ((one, "1 hour"), (two, "-1 second")):
        await owner.execute("UPDATE account SET pending_email = 'new@example.com' WHERE id = $1", account)
        await owner.execute(
            "INSERT INTO account_token (token_hash, account_id, purpose, email, expires_at)"
            " VALUES ($2, $1, 'email_verification', 'new@example.com', now() + $3::text::interval)",
            account,
            account.to_bytes(4, "big"),
            lasts,
        )
    await owner.execute("SELECT change_email($1, 'another@example.com')", three)  # its mail is queued
    assert await purge(app) == 2
    pending = "SELECT id FROM account WHERE pending_email IS NOT NULL ORDER BY id"
    assert [row["id"] for row in await owner.fetch(pending)] == [one, three]
    assert [row["account_id"] for row in await owner.fetch("SELECT account_id FROM account_token")] == [one]
