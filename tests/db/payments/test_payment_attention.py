"""reconcile_payments repairs unambiguous inconsistencies; payment_attention lists the others."""

import pytest
from asyncpg import Connection

from tests.support.db.payments import FEE, WAYS, PaymentCase, begun, by_root, captured, capturing, without_slot
from tests.support.db.refusals import forbidden
from tests.support.servers.databases import Database, connected

RECONCILE = "SELECT reconcile_payments()"
UNDO = "DELETE FROM refund WHERE payment_id = $1"
ATTENTION = "SELECT payment_id, appointment_id, why FROM payment_attention WHERE appointment_id = $1"


async def reasons(db: Connection, paying: PaymentCase) -> list[str]:
    """Return why an appointment needs attention."""
    return [row["why"] for row in await db.fetch(ATTENTION, paying.appointment)]


@pytest.mark.parametrize("status", WAYS)
async def test_nothing_is_left_to_find(owner: Connection, app: Connection, status: str) -> None:
    paying = await WAYS[status](owner, app)
    assert await app.fetchval(RECONCILE) == 0
    assert await reasons(app, paying) == []


@pytest.mark.parametrize("appointment", ["pending", "canceled", "expired"])
@pytest.mark.parametrize("role", ["app", "admin"])
async def test_a_capture_without_appointment_is_refunded(
    database: Database, owner: Connection, app: Connection, appointment: str, role: str
) -> None:
    """Such rows may result from a restored backup, or from writes with triggers off."""
    paying = await captured(owner, app)
    seat = 1 if appointment == "pending" else None
    by = "doctor" if appointment == "canceled" else None
    undo = "UPDATE appointment SET status = $2, seat = $3, canceled_by = $4, hold_expires_at = now() WHERE id = $1"
    await by_root(database, undo, paying.appointment, appointment, seat, by)
    async with connected(getattr(database, role)) as connection:
        assert [await connection.fetchval(RECONCILE) for _ in range(2)] == [1, 0]
    assert await paying.refunds() == [(FEE, "slot_lost", "requested")]


async def test_a_refund_that_is_missing_is_requested(database: Database, owner: Connection, app: Connection) -> None:
    paying = await captured(owner, app)
    await paying.cancel()
    await by_root(database, UNDO, paying.payment)
    await by_root(database, "UPDATE payment SET refund_total = 0 WHERE id = $1", paying.payment)
    assert await app.fetchval(RECONCILE) == 1
    assert await paying.value("refund_total") == FEE


async def test_a_failed_refund_needs_attention(owner: Connection, app: Connection) -> None:
    paying = await without_slot(owner, app)
    refund = await paying.refund_id()
    await app.execute("SELECT record_refund($1, NULL, 'failed', 'CAPTURE_FULLY_REFUNDED')", refund)
    assert await app.fetchval(RECONCILE) == 0  # PayPal would refuse it again
    assert await reasons(app, paying) == ["The refund has failed: CAPTURE_FULLY_REFUNDED"]


async def test_an_unpaid_confirmation_needs_attention(database: Database, owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    await by_root(database, "UPDATE appointment SET status = 'confirmed' WHERE id = $1", paying.appointment)
    assert await app.fetchval(RECONCILE) == 0
    rows = await app.fetch(ATTENTION, paying.appointment)
    assert [tuple(row) for row in rows] == [
        (None, paying.appointment, "The appointment is confirmed without a payment.")
    ]


@pytest.mark.parametrize("status", ["capturing", "pending_review"])
async def test_an_undecided_capture_needs_attention(
    database: Database, owner: Connection, app: Connection, status: str
) -> None:
    paying = await WAYS[status](owner, app)
    waits = "UPDATE payment SET updated_at = now() - $2 * interval '1 h' WHERE id = $1"
    await by_root(database, waits, paying.payment, 71)
    assert await reasons(app, paying) == []
    await by_root(database, waits, paying.payment, 73)
    assert await reasons(app, paying) == ["PayPal has not decided for three days."]


@pytest.mark.parametrize("role", ["app", "admin", "auditor"])
async def test_every_role_sees_attention(database: Database, owner: Connection, app: Connection, role: str) -> None:
    paying = await capturing(owner, app)
    await paying.record("REVERSED")
    async with connected(getattr(database, role)) as connection:
        rows = await connection.fetch(ATTENTION, paying.appointment)
    why = f"PayPal reports that capture CAPTURE-{paying.payment} is REVERSED."
    assert [tuple(row) for row in rows] == [(paying.payment, paying.appointment, why)]


async def test_an_admin_clears_attention(owner: Connection, app: Connection, admin: Connection) -> None:
    paying = await captured(owner, app)
    await paying.record("REVERSED")
    await admin.execute("UPDATE payment SET attention = NULL WHERE id = $1", paying.payment)
    assert await reasons(admin, paying) == []
    for column in ("status = 'captured'", "due_at = now()", "without_slot = true", "refund_total = 0"):
        with forbidden():
            await admin.execute(f"UPDATE payment SET {column}")
