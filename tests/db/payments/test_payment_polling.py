"""When the worker asks PayPal about a payment: on schedule, one worker at a time, and at once after a webhook."""

import asyncio
from datetime import UTC, datetime, timedelta
from math import inf

import pytest
from asyncpg import Connection

from tests.support.db.payments import WAYS, PaymentCase, begun, by_root, captured, capturing, without_slot
from tests.support.servers.databases import Database, connected

CLAIM = "SELECT * FROM claim_payment($1, interval '1 min')"
FINISH = "SELECT finish_payment_check($1, $2)"
DUE = "UPDATE payment SET due_at = clock_timestamp() WHERE id = $1"
RECEIVE = "SELECT receive_webhook($1, $2, $3)"
TO_SETTLE = "SELECT EXISTS (SELECT FROM payment_to_settle WHERE payment_id = $1)"
WAITING = """
    SELECT count(*) FROM pg_locks WHERE NOT granted
        AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())
"""
# Seconds after which a payment that has reached a status is checked. Other statuses are never checked.
PAUSES = {"created": 30, "approved": 0, "capturing": 60, "pending_review": 600}


async def pause(paying: PaymentCase) -> float:
    """Return the seconds until a payment is checked, infinity if it is not."""
    due: datetime | None = await paying.value("due_at")
    return (due - datetime.now(UTC)).total_seconds() if due else inf


async def check(paying: PaymentCase) -> None:
    """Check a payment that is due, without any change."""
    (claimed,) = await paying.app.fetch(CLAIM, paying.payment)
    await paying.app.execute(FINISH, paying.payment, claimed["due_at"])


@pytest.mark.parametrize("status", WAYS)
async def test_each_status_has_its_check(owner: Connection, app: Connection, status: str) -> None:
    paying = await WAYS[status](owner, app)
    wanted = PAUSES.get(status, inf)
    assert wanted - 5 <= await pause(paying) <= wanted
    assert await app.fetchval(TO_SETTLE, paying.payment) is (status == "approved")


async def test_a_failed_capture_is_checked_once_more(owner: Connection, app: Connection) -> None:
    """PayPal may have captured the money after all."""
    paying = await capturing(owner, app)
    await app.execute("SELECT end_payment($1, 'refused')", paying.payment)
    assert 590 < await pause(paying) <= 600
    await owner.execute(DUE, paying.payment)
    await check(paying)
    assert await pause(paying) == inf


async def test_a_claim_is_a_lease(database: Database, owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    assert await app.fetchrow(CLAIM, paying.payment) is None  # not due yet
    await owner.execute(DUE, paying.payment)
    async with connected(database.app) as other:
        async with app.transaction():
            (claimed,) = await app.fetch(CLAIM, paying.payment)
            assert await other.fetchrow(CLAIM, paying.payment) is None  # without waiting for the lock
        assert await other.fetchrow(CLAIM, paying.payment) is None
    assert claimed["id"] == paying.payment
    assert timedelta(seconds=50) < claimed["due_at"] - datetime.now(UTC) <= timedelta(seconds=60)
    await owner.execute(DUE, paying.payment)  # as after the worker's death
    assert await app.fetchrow(CLAIM, paying.payment)


@pytest.mark.parametrize(
    ("status", "hours", "seconds"),
    [
        ("created", 0, 30),
        ("created", 1, 900),
        ("capturing", 0, 30),
        ("capturing", 20, 18_000),  # never given up
        ("pending_review", 20, 600),
        ("captured", 0, inf),
        ("canceled", 0, inf),
    ],
)
async def test_an_unchanged_payment_is_checked_less_often(
    database: Database, owner: Connection, app: Connection, status: str, hours: int, seconds: float
) -> None:
    paying = await WAYS[status](owner, app)
    older = "UPDATE payment SET created_at = now() - $2 * interval '1 h', due_at = now() WHERE id = $1"
    await by_root(database, older, paying.payment, hours)
    await check(paying)
    assert seconds - 5 <= await pause(paying) <= seconds + 5
    assert (await paying.state())[0] == status


@pytest.mark.parametrize("status", ["created", "approved"])
async def test_an_unapproved_payment_is_canceled(
    database: Database, owner: Connection, app: Connection, status: str
) -> None:
    paying = await WAYS[status](owner, app)
    older = "UPDATE payment SET created_at = now() - interval '361 min', due_at = now() WHERE id = $1"
    await by_root(database, older, paying.payment)
    await check(paying)
    assert await paying.state() == ("canceled", "pending")
    assert await pause(paying) == inf


async def test_a_check_keeps_a_newer_schedule(owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    await owner.execute(DUE, paying.payment)
    (claimed,) = await app.fetch(CLAIM, paying.payment)
    await paying.begin_capture()
    await paying.record("PENDING")
    await app.execute(FINISH, paying.payment, claimed["due_at"])
    assert 590 < await pause(paying) < inf


@pytest.mark.parametrize("said", ["", "PENDING", "DECLINED", "COMPLETED"])
@pytest.mark.proves("tg_payment__rules")
async def test_a_webhook_during_a_check_is_checked(owner: Connection, app: Connection, said: str) -> None:
    """For every status that the check, which began before the webhook, records."""
    paying = await capturing(owner, app)
    await owner.execute(DUE, paying.payment)
    (claimed,) = await app.fetch(CLAIM, paying.payment)
    await app.execute(RECEIVE, f"EVENT-{paying.payment}", "PAYMENT.CAPTURE.COMPLETED", [str(claimed["reference"])])
    if said:
        await paying.record(said)
    await app.execute(FINISH, paying.payment, claimed["due_at"])
    assert await app.fetchval(TO_SETTLE, paying.payment)
    await check(paying)
    if said == "COMPLETED":
        assert await pause(paying) == inf


@pytest.mark.parametrize("name", ["reference", "order_id", "capture_id", "refund"])
@pytest.mark.parametrize("among", [[], ["OF-SOMETHING-ELSE"]])
async def test_a_webhook_finds_its_payment(owner: Connection, app: Connection, name: str, among: list[str]) -> None:
    """The reference finds it before its order is recorded."""
    paying = await without_slot(owner, app)
    if name == "order_id":
        await paying.order()
    refund = await paying.refund_id()
    await app.execute("SELECT record_refund($1, $2, 'pending', NULL)", refund, f"REFUND-{refund}")
    named = f"REFUND-{refund}" if name == "refund" else str(await paying.value(name))
    event = f"EVENT-{name}-{paying.payment}"
    await app.execute(RECEIVE, event, "ANY", [*among, named])
    assert await owner.fetchval("SELECT payment_id FROM webhook_event WHERE id = $1", event) == paying.payment
    assert await app.fetchval(TO_SETTLE, paying.payment)
    due = "SELECT count(*) FROM refund WHERE payment_id = $1 AND due_at <= now()"
    assert await owner.fetchval(due, paying.payment) == 1


async def test_a_repeated_webhook_is_ignored(owner: Connection, app: Connection) -> None:
    paying = await captured(owner, app)
    event = (f"TWICE-{paying.payment}", "PAYMENT.CAPTURE.COMPLETED", [f"CAPTURE-{paying.payment}"])
    await app.execute(RECEIVE, *event)
    await check(paying)
    await app.execute(RECEIVE, *event)
    assert await pause(paying) == inf
    assert await owner.fetchval("SELECT count(*) FROM webhook_event WHERE id = $1", event[0]) == 1


async def test_an_unknown_webhook_is_kept(owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    due = await paying.value("due_at")
    for number, names in enumerate(([], ["NOBODY'S"], [""])):
        await app.execute(RECEIVE, f"STRANGE-{number}", "CHECKOUT.ORDER.APPROVED", names)
    assert await owner.fetchval("SELECT count(*) FROM webhook_event WHERE id ~ 'STRANGE' AND payment_id IS NULL") == 3
    assert await paying.value("due_at") == due


async def test_a_webhook_of_a_canceled_payment_is_checked(owner: Connection, app: Connection) -> None:
    """The patient approved the order during the cancellation, so it may be captured."""
    paying = await begun(owner, app)
    await paying.order()
    await paying.cancel()
    await app.execute(RECEIVE, f"LATE-{paying.payment}", "CHECKOUT.ORDER.APPROVED", [f"ORDER-{paying.payment}"])
    (claimed,) = await app.fetch(CLAIM, paying.payment)
    assert await paying.begin_capture() is None
    await app.execute(FINISH, paying.payment, claimed["due_at"])
    assert await pause(paying) == inf


async def test_a_webhook_waits_for_the_recording_of_its_capture(owner: Connection, app: Connection) -> None:
    """A deadlock would delay both by a second and abort one of them."""
    paying = await capturing(owner, app)
    order_id = await paying.order()
    writing = owner.transaction()
    await writing.start()
    await owner.execute("SELECT lock_payment($1)", paying.payment)
    news = asyncio.create_task(app.execute(RECEIVE, "NEWS-MEANWHILE", "PAYMENT.CAPTURE.COMPLETED", [order_id]))
    while not await owner.fetchval(WAITING):  # noqa: ASYNC110  polls PostgreSQL
        await asyncio.sleep(0.01)
    await paying._replace(app=owner).record()
    await writing.commit()
    await news
    assert await paying.state() == ("captured", "confirmed")
    assert await owner.fetchval(TO_SETTLE, paying.payment)
