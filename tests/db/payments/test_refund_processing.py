"""How the worker processes refunds: one worker at a time, retried without limit, with a constant request id."""

from decimal import Decimal

import pytest
from asyncpg import Connection

from tests.support.db.payments import FEE, PaymentCase, begun, without_slot
from tests.support.db.refusals import at_once, refused, verdict
from tests.support.factories import insert
from tests.support.servers.databases import Database, connected

CLAIM = "SELECT * FROM claim_refund($1, interval '1 min')"
RECORD = "SELECT record_refund($1, $2, $3, $4)"
DUE = "UPDATE refund SET due_at = clock_timestamp() WHERE id = $1"
PAUSE = "SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM refund WHERE id = $1"
STATUSES = ["requested", "pending", "completed", "failed"]


async def requested(owner: Connection, app: Connection) -> tuple[PaymentCase, int]:
    """Return a payment with a requested refund, and the refund's id."""
    paying = await without_slot(owner, app)
    return paying, await paying.refund_id()


async def test_a_claim_is_a_lease(owner: Connection, app: Connection) -> None:
    paying, refund = await requested(owner, app)
    (claimed,) = await app.fetch(CLAIM, refund)
    request = await owner.fetchval("SELECT request_id FROM refund WHERE id = $1", refund)
    capture, reference = await paying.value("capture_id, reference")
    assert tuple(claimed) == ("requested", request, None, capture, reference, FEE, "USD")
    assert 50 < await owner.fetchval(PAUSE, refund) <= 60
    assert await app.fetchrow(CLAIM, refund) is None  # leased to another worker
    await owner.execute(DUE, refund)  # as after the worker's death
    (again,) = await app.fetch(CLAIM, refund)
    assert again["request_id"] == request
    await app.execute(RECORD, refund, "REFUND-1", "completed", None)
    await owner.execute(DUE, refund)
    assert await app.fetchrow(CLAIM, refund) is None
    assert await owner.fetchval("SELECT attempts FROM refund WHERE id = $1", refund) == 2


async def test_of_two_workers_one_gets_it(database: Database, owner: Connection, app: Connection) -> None:
    _, refund = await requested(owner, app)
    async with connected(database.app) as other, app.transaction():
        assert await app.fetchrow(CLAIM, refund)
        assert await other.fetchrow(CLAIM, refund) is None  # without waiting for the lock


async def test_a_pending_refund_is_checked_less_often(owner: Connection, app: Connection) -> None:
    _, refund = await requested(owner, app)
    for attempt in range(1, 12):
        await owner.execute(DUE, refund)
        assert await app.fetchrow(CLAIM, refund), attempt
        status = "requested" if attempt == 1 else "pending"
        await app.execute(RECORD, refund, None if attempt == 1 else "REFUND-2", status, f"attempt {attempt}")
        pause = min(60 * 2 ** (attempt - 1), 6 * 3600)
        assert pause - 5 < await owner.fetchval(PAUSE, refund) <= pause
    (row,) = await owner.fetch("SELECT paypal_id, outcome FROM refund WHERE id = $1", refund)
    assert tuple(row) == ("REFUND-2", "attempt 11")


async def test_a_webhook_during_an_attempt_is_not_lost(owner: Connection, app: Connection) -> None:
    paying, refund = await requested(owner, app)
    await app.execute(RECORD, refund, "REFUND-3", "pending", None)
    await owner.execute(DUE, refund)
    await app.fetch(CLAIM, refund)
    await app.execute("SELECT receive_webhook($1, 'PAYMENT.REFUND.COMPLETED', $2)", f"EVENT-{refund}", ["REFUND-3"])
    await app.execute(RECORD, refund, "REFUND-3", "pending", None)  # the status before the webhook
    assert await owner.fetchval(PAUSE, refund) <= 0
    assert paying.payment in [row["payment_id"] for row in await app.fetch("SELECT payment_id FROM payment_to_settle")]


@pytest.mark.proves("tg_refund__rules")
async def test_a_claim_and_a_webhook_do_not_deadlock(owner: Connection, app: Connection) -> None:
    """A webhook locks the payment, then its refunds. A claim locks only the refund."""
    paying, refund = await requested(owner, app)
    await app.execute("SET lock_timeout = '2s'")
    async with owner.transaction():
        await owner.execute("UPDATE payment SET due_at = clock_timestamp() WHERE id = $1", paying.payment)
        assert await app.fetchrow(CLAIM, refund)


@pytest.mark.parametrize("old", STATUSES)
@pytest.mark.proves("refund_status_transition", "tg_refund__rules")
async def test_every_transition(owner: Connection, app: Connection, old: str) -> None:
    legal = {
        "requested": {"requested", "pending", "completed", "failed"},
        "pending": {"pending", "completed", "failed"},
        "completed": {"completed"},
        "failed": {"failed"},
    }
    _, refund = await requested(owner, app)
    await owner.execute("UPDATE refund SET status = $2 WHERE id = $1", refund, old)
    for new in STATUSES:
        rule = "" if new in legal[old] else "refund_status_transition"
        assert await verdict(owner, "UPDATE refund SET status = $2 WHERE id = $1", refund, new) == rule


@pytest.mark.parametrize("first", STATUSES[1:])
@pytest.mark.proves("refund_status_transition", "tg_refund__rules")
async def test_a_refund_begins_as_requested(owner: Connection, app: Connection, first: str) -> None:
    paying, _ = await requested(owner, app)
    with refused("refund_status_transition"):
        await insert(owner, "refund", payment_id=paying.payment, amount=1, reason="by hand", status=first)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", "DEFAULT"),
        ("payment_id", "{other}"),
        ("amount", "1"),
        ("request_id", "gen_random_uuid()"),
        ("paypal_id", "'ANOTHER'"),
        ("paypal_id", "NULL"),
        ("created_at", "now() - interval '1 day'"),
    ],
)
@pytest.mark.proves("refund_immutable", "tg_refund__rules")
async def test_the_columns_of_a_refund_never_change(
    owner: Connection, app: Connection, column: str, value: str
) -> None:
    _, refund = await requested(owner, app)
    other = (await begun(owner, app)).payment
    await app.execute(RECORD, refund, f"REFUND-{refund}", "pending", None)
    with refused("refund_immutable"):
        await owner.execute(f"UPDATE refund SET {column} = {value.format(other=other)} WHERE id = $1", refund)


async def test_concurrent_results_settle_a_refund_once(database: Database, owner: Connection, app: Connection) -> None:
    paying, refund = await requested(owner, app)
    said = ["completed", "pending", "completed", "failed", "completed", "pending"]
    await at_once(database.app, RECORD, [(refund, "REFUND-9", status, None) for status in said])
    status = await owner.fetchval("SELECT status FROM refund WHERE id = $1", refund)
    total, kinds = await paying.value("refund_total"), [kind for kind, _ in await paying.mails()]
    assert status in {"completed", "failed"}
    assert total == (FEE if status == "completed" else Decimal(0))
    assert kinds.count("refund_completed") == (status == "completed")
    assert (await paying.state())[0] == ("refunded" if status == "completed" else "captured")
