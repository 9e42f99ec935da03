"""payment_one_capture: of an appointment's payments one is taken, and whatever else is taken goes back."""

import asyncio

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.db.payments import (
    FEE,
    PaymentCase,
    another_payment,
    begin_capture,
    begun,
    mails,
    of_payment,
    record,
    refunds,
    state,
)
from tests.support.db.refusals import refused
from tests.support.servers.databases import Database, connected

TAKE = "UPDATE payment SET status = 'captured', capture_id = 'TAKEN-' || id WHERE id = $1"


@pytest.mark.proves("payment_appointment_payable")
async def test_of_two_payments_one_is_taken(owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    second = await another_payment(owner, paying)
    await begin_capture(app, paying.payment)
    start = await begin_capture(app, second)
    assert start is not None
    assert (start["request_id"], start["rule"]) == (None, "payment_appointment_payable")
    assert await state(owner, second) == ("canceled", "pending")
    assert await state(owner, paying.payment) == ("capturing", "pending")
    assert await mails(owner, second) == []  # nobody was too late


@pytest.mark.parametrize("first", ["capturing", "pending_review"])
@pytest.mark.proves("payment_appointment_payable")
async def test_nor_is_it_at_psql(owner: Connection, app: Connection, first: str) -> None:
    paying = await begun(owner, app)
    second = await another_payment(owner, paying)
    await owner.execute("UPDATE payment SET status = 'approved' WHERE id = $1", second)
    await begin_capture(app, paying.payment)
    await owner.execute("UPDATE payment SET status = $2 WHERE id = $1", paying.payment, first)
    with refused("payment_appointment_payable"):
        await owner.execute("UPDATE payment SET status = 'capturing' WHERE id = $1", second)


@pytest.mark.proves("payment_appointment_payable")
async def test_two_connections_do_not_take_both(database: Database, owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    second = await another_payment(owner, paying)
    async with connected(database.app) as other:
        async with app.transaction():
            first_start = await begin_capture(app, paying.payment)
            waiting = asyncio.ensure_future(begin_capture(other, second))
            await asyncio.wait([waiting], timeout=0.2)
            assert not waiting.done()
        second_start = await waiting
    assert first_start is not None
    assert second_start is not None
    assert (first_start["rule"], second_start["rule"]) == (None, "payment_appointment_payable")


@pytest.mark.parametrize("status", ["capturing", "pending_review", "captured", "partially_refunded", "refunded"])
@pytest.mark.proves("payment_one_capture")
async def test_a_second_capture_is_refused_to_the_owner(owner: Connection, app: Connection, status: str) -> None:
    """Whether the first is under way, done, or paid back again."""
    paying = await begun(owner, app)
    second = await another_payment(owner, paying)
    await begin_capture(app, paying.payment)
    if status not in {"capturing", "pending_review"}:
        await owner.execute(TAKE, paying.payment)
    await owner.execute("UPDATE payment SET status = $2 WHERE id = $1", paying.payment, status)
    with refused("payment_one_capture"):
        await owner.execute(TAKE, second)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.proves("payment_one_capture")
async def test_what_is_captured_second_goes_back(owner: Connection, app: Connection, order: tuple[int, int]) -> None:
    paying = await begun(owner, app)
    payments = [paying.payment, await another_payment(owner, paying)]
    kept, back = (payments[n] for n in order)
    for _ in range(2):
        await record(app, kept)
        await record(app, back)
    await expect_one_paid(owner, paying, kept, back)


@pytest.mark.proves("payment_one_capture")
async def test_two_that_are_captured_at_once(database: Database, owner: Connection, app: Connection) -> None:
    """As four say on connections of their own: two of them of each."""
    paying = await begun(owner, app)
    payments = [paying.payment, await another_payment(owner, paying)]
    others = [await asyncpg.connect(database.app) for _ in range(4)]
    try:
        await asyncio.gather(*(record(other, payments[n % 2]) for n, other in enumerate(others)))
    finally:
        for other in others:
            await other.close()
    rows = await owner.fetch("SELECT id FROM payment WHERE id = ANY ($1) ORDER BY without_slot", payments)
    kept, back = (row["id"] for row in rows)
    await expect_one_paid(owner, paying, kept, back)


async def test_a_second_that_is_under_review_is_pointed_out(owner: Connection, app: Connection) -> None:
    """It may still be declined; if not, it goes back."""
    paying = await begun(owner, app)
    second = await another_payment(owner, paying)
    await record(app, paying.payment)
    await record(app, second, "PENDING")
    assert await state(owner, second) == ("created", "confirmed")
    why = "SELECT why FROM payment_attention WHERE payment_id = $1"
    assert "second payment" in await app.fetchval(why, second)
    await record(app, second)
    await expect_one_paid(owner, paying, paying.payment, second)
    assert await app.fetchval(why, second) is None


async def expect_one_paid(owner: Connection, paying: PaymentCase, kept: int, back: int) -> None:
    """Check that one payment confirmed the appointment, and that the other is on its way back, once."""
    assert await state(owner, kept) == ("captured", "confirmed")
    assert await of_payment(owner, kept, "without_slot, refund_total") == (False, 0)
    assert await state(owner, back) == ("captured", "confirmed")
    assert await of_payment(owner, back, "without_slot, refund_total") == (True, FEE)
    assert await refunds(owner, back) == [(FEE, "slot_lost", "requested")]
    assert await mails(owner, kept) == []
    assert await mails(owner, back) == [("refund_requested", paying.patient)]
    confirmed = "SELECT count(*) FROM notification WHERE appointment_id = $1 AND kind = 'appointment_confirmed'"
    assert await owner.fetchval(confirmed, paying.appointment) == 2  # one to either party
