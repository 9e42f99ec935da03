"""payment_one_capture: one payment of an appointment is captured; any other capture is refunded."""

import asyncio

import pytest
from asyncpg import Connection

from tests.support.db.payments import FEE, PaymentCase, begun
from tests.support.db.refusals import at_once, refused
from tests.support.servers.databases import Database, connected

TAKE = "UPDATE payment SET status = 'captured', capture_id = 'TAKEN-' || id WHERE id = $1"


@pytest.mark.proves("payment_appointment_payable")
async def test_of_two_payments_one_is_taken(owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    second = await paying.another()
    await paying.begin_capture()
    assert (await second.begin_capture())[:2] == (None, "payment_appointment_payable")
    assert await second.state() == ("canceled", "pending")
    assert await paying.state() == ("capturing", "pending")
    assert await second.mails() == []  # the patient was not too late


@pytest.mark.parametrize("first", ["capturing", "pending_review"])
@pytest.mark.proves("payment_appointment_payable")
async def test_of_two_payments_one_is_taken_at_psql(owner: Connection, app: Connection, first: str) -> None:
    paying = await begun(owner, app)
    second = await paying.another()
    await owner.execute("UPDATE payment SET status = 'approved' WHERE id = $1", second.payment)
    await paying.begin_capture()
    await owner.execute("UPDATE payment SET status = $2 WHERE id = $1", paying.payment, first)
    with refused("payment_appointment_payable"):
        await owner.execute("UPDATE payment SET status = 'capturing' WHERE id = $1", second.payment)


@pytest.mark.proves("payment_appointment_payable")
async def test_two_connections_do_not_take_both(database: Database, owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    second = await paying.another()
    async with connected(database.app) as other:
        async with app.transaction():
            first_start = await paying.begin_capture()
            waiting = asyncio.ensure_future(second._replace(app=other).begin_capture())
            await asyncio.wait([waiting], timeout=0.2)
            assert not waiting.done()
        second_start = await waiting
    assert first_start is not None
    assert second_start is not None
    assert (first_start["rule"], second_start["rule"]) == (None, "payment_appointment_payable")


@pytest.mark.parametrize("status", ["capturing", "pending_review", "captured", "partially_refunded", "refunded"])
@pytest.mark.proves("payment_one_capture")
async def test_a_second_capture_is_refused_to_the_owner(owner: Connection, app: Connection, status: str) -> None:
    """The first is in progress, captured, or refunded."""
    paying = await begun(owner, app)
    second = await paying.another()
    await paying.begin_capture()
    if status not in {"capturing", "pending_review"}:
        await owner.execute(TAKE, paying.payment)
    await owner.execute("UPDATE payment SET status = $2 WHERE id = $1", paying.payment, status)
    with refused("payment_one_capture"):
        await owner.execute(TAKE, second.payment)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.proves("payment_one_capture")
async def test_the_second_capture_is_refunded(owner: Connection, app: Connection, order: tuple[int, int]) -> None:
    paying = await begun(owner, app)
    payments = [paying, await paying.another()]
    kept, back = (payments[n] for n in order)
    for _ in range(2):
        await kept.record()
        await back.record()
    await expect_one_paid(kept, back)


@pytest.mark.proves("payment_one_capture")
async def test_two_that_are_captured_at_once(database: Database, owner: Connection, app: Connection) -> None:
    """Four connections report the captures, each of them twice."""
    paying = await begun(owner, app)
    payments = [paying, await paying.another()]
    calls = [(payment.payment, f"CAPTURE-{payment.payment}") for payment in payments * 2]
    assert await at_once(database.app, "SELECT record_capture($1, $2, 'COMPLETED', 100, 'USD')", calls) == [""] * 4
    if await paying.value("without_slot"):
        payments.reverse()
    await expect_one_paid(*payments)


async def test_a_second_that_is_under_review_is_pointed_out(owner: Connection, app: Connection) -> None:
    """It may still be declined; otherwise it is refunded."""
    paying = await begun(owner, app)
    second = await paying.another()
    await paying.record()
    await second.record("PENDING")
    assert await second.state() == ("created", "confirmed")
    assert "second payment" in await second.attention()
    await second.record()
    await expect_one_paid(paying, second)
    assert await second.attention() is None


async def expect_one_paid(kept: PaymentCase, back: PaymentCase) -> None:
    """Check that one payment confirmed the appointment, and that one refund of the other was requested."""
    assert await kept.state() == ("captured", "confirmed")
    assert await kept.value("without_slot, refund_total") == (False, 0)
    assert await back.state() == ("captured", "confirmed")
    assert await back.value("without_slot, refund_total") == (True, FEE)
    assert await back.refunds() == [(FEE, "slot_lost", "requested")]
    assert await kept.mails() == []
    assert await back.mails() == [("refund_requested", back.patient)]
    confirmed = "SELECT count(*) FROM notification WHERE appointment_id = $1 AND kind = 'appointment_confirmed'"
    assert await kept.owner.fetchval(confirmed, kept.appointment) == 2  # one to the patient, one to the doctor
