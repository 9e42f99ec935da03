"""When PayPal is asked about a payment: in time, by one worker at a time, and again at once when there is news."""

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
# How long after a payment has come to a status it is looked at, in seconds; in any other, never.
PAUSES = {"created": 30, "approved": 0, "capturing": 60, "pending_review": 600}


async def pause(paying: PaymentCase) -> float:
    """Return in how many seconds a payment is looked at, infinity if never."""
    due: datetime | None = await paying.value("due_at")
    return (due - datetime.now(UTC)).total_seconds() if due else inf


async def look(paying: PaymentCase) -> None:
    """Look at a payment that is due, and find nothing."""
    (claimed,) = await paying.app.fetch(CLAIM, paying.payment)
    await paying.app.execute(FINISH, paying.payment, claimed["due_at"])


@pytest.mark.parametrize("status", WAYS)
async def test_what_may_have_moved_on_is_looked_at(owner: Connection, app: Connection, status: str) -> None:
    paying = await WAYS[status](owner, app)
    wanted = PAUSES.get(status, inf)
    assert wanted - 5 <= await pause(paying) <= wanted
    assert await app.fetchval(TO_SETTLE, paying.payment) is (status == "approved")


async def test_a_capture_that_failed_is_looked_at_once_more(owner: Connection, app: Connection) -> None:
    """PayPal may have taken the money although it seemed not to have."""
    paying = await capturing(owner, app)
    await app.execute("SELECT end_payment($1, 'refused')", paying.payment)
    assert 590 < await pause(paying) <= 600
    await owner.execute(DUE, paying.payment)
    await look(paying)
    assert await pause(paying) == inf


async def test_a_claim_is_a_lease(database: Database, owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    assert await app.fetchrow(CLAIM, paying.payment) is None  # not due yet
    await owner.execute(DUE, paying.payment)
    async with connected(database.app) as other:
        async with app.transaction():
            (claimed,) = await app.fetch(CLAIM, paying.payment)
            assert await other.fetchrow(CLAIM, paying.payment) is None  # nor does it wait
        assert await other.fetchrow(CLAIM, paying.payment) is None
    assert claimed["id"] == paying.payment
    assert timedelta(seconds=50) < claimed["due_at"] - datetime.now(UTC) <= timedelta(seconds=60)
    await owner.execute(DUE, paying.payment)  # the worker died
    assert await app.fetchrow(CLAIM, paying.payment)


@pytest.mark.parametrize(
    ("status", "hours", "seconds"),
    [
        ("created", 0, 30),
        ("created", 1, 900),
        ("capturing", 0, 30),
        ("capturing", 20, 18_000),  # for as long as it takes
        ("pending_review", 20, 600),
        ("captured", 0, inf),
        ("canceled", 0, inf),
    ],
)
async def test_what_has_nothing_new_is_looked_at_ever_less_often(
    database: Database, owner: Connection, app: Connection, status: str, hours: int, seconds: float
) -> None:
    paying = await WAYS[status](owner, app)
    older = "UPDATE payment SET created_at = now() - $2 * interval '1 h', due_at = now() WHERE id = $1"
    await by_root(database, older, paying.payment, hours)
    await look(paying)
    assert seconds - 5 <= await pause(paying) <= seconds + 5
    assert (await paying.state())[0] == status


@pytest.mark.parametrize("status", ["created", "approved"])
async def test_nobody_waits_for_an_approval_forever(
    database: Database, owner: Connection, app: Connection, status: str
) -> None:
    paying = await WAYS[status](owner, app)
    older = "UPDATE payment SET created_at = now() - interval '361 min', due_at = now() WHERE id = $1"
    await by_root(database, older, paying.payment)
    await look(paying)
    assert await paying.state() == ("canceled", "pending")
    assert await pause(paying) == inf


async def test_a_look_does_not_undo_what_came_of_it(owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    await owner.execute(DUE, paying.payment)
    (claimed,) = await app.fetch(CLAIM, paying.payment)
    await paying.begin_capture()
    await paying.record("PENDING")
    await app.execute(FINISH, paying.payment, claimed["due_at"])
    assert 590 < await pause(paying) < inf


@pytest.mark.parametrize("said", ["", "PENDING", "DECLINED", "COMPLETED"])
@pytest.mark.proves("tg_payment__rules")
async def test_news_that_comes_during_a_look_is_looked_at(owner: Connection, app: Connection, said: str) -> None:
    """Whatever the look, which is of before the news, found."""
    paying = await capturing(owner, app)
    await owner.execute(DUE, paying.payment)
    (claimed,) = await app.fetch(CLAIM, paying.payment)
    await app.execute(RECEIVE, f"EVENT-{paying.payment}", "PAYMENT.CAPTURE.COMPLETED", [str(claimed["reference"])])
    if said:
        await paying.record(said)
    await app.execute(FINISH, paying.payment, claimed["due_at"])
    assert await app.fetchval(TO_SETTLE, paying.payment)
    await look(paying)
    if said == "COMPLETED":
        assert await pause(paying) == inf


@pytest.mark.parametrize("name", ["reference", "order_id", "capture_id", "refund"])
@pytest.mark.parametrize("among", [[], ["OF-SOMETHING-ELSE"]])
async def test_news_is_of_a_payment_by_any_of_its_names(
    owner: Connection, app: Connection, name: str, among: list[str]
) -> None:
    """Before its order is recorded, by our reference."""
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


async def test_news_that_comes_twice_is_news_once(owner: Connection, app: Connection) -> None:
    paying = await captured(owner, app)
    event = (f"TWICE-{paying.payment}", "PAYMENT.CAPTURE.COMPLETED", [f"CAPTURE-{paying.payment}"])
    await app.execute(RECEIVE, *event)
    await look(paying)
    await app.execute(RECEIVE, *event)
    assert await pause(paying) == inf
    assert await owner.fetchval("SELECT count(*) FROM webhook_event WHERE id = $1", event[0]) == 1


async def test_news_of_a_stranger_is_kept_and_disturbs_nobody(owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    due = await paying.value("due_at")
    for number, names in enumerate(([], ["NOBODY'S"], [""])):
        await app.execute(RECEIVE, f"STRANGE-{number}", "CHECKOUT.ORDER.APPROVED", names)
    assert await owner.fetchval("SELECT count(*) FROM webhook_event WHERE id ~ 'STRANGE' AND payment_id IS NULL") == 3
    assert await paying.value("due_at") == due


async def test_news_of_a_canceled_appointment_s_payment_is_looked_at(owner: Connection, app: Connection) -> None:
    """It was approved just then, and may even be captured."""
    paying = await begun(owner, app)
    await paying.order()
    await paying.cancel()
    await app.execute(RECEIVE, f"LATE-{paying.payment}", "CHECKOUT.ORDER.APPROVED", [f"ORDER-{paying.payment}"])
    (claimed,) = await app.fetch(CLAIM, paying.payment)
    assert await paying.begin_capture() is None
    await app.execute(FINISH, paying.payment, claimed["due_at"])
    assert await pause(paying) == inf


async def test_news_of_a_capture_that_is_being_written_down_waits_for_it(owner: Connection, app: Connection) -> None:
    """Neither waits for the other at once: that would cost both a second, and one of them its work."""
    paying = await capturing(owner, app)
    order_id = await paying.order()
    writing = owner.transaction()
    await writing.start()
    await owner.execute("SELECT lock_payment($1)", paying.payment)
    news = asyncio.create_task(app.execute(RECEIVE, "NEWS-MEANWHILE", "PAYMENT.CAPTURE.COMPLETED", [order_id]))
    while not await owner.fetchval(WAITING):  # noqa: ASYNC110  it happens in PostgreSQL
        await asyncio.sleep(0.01)
    await paying._replace(app=owner).record()
    await writing.commit()
    await news
    assert await paying.state() == ("captured", "confirmed")
    assert await owner.fetchval(TO_SETTLE, paying.payment)
