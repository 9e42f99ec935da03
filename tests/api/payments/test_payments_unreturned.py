"""A payer who approves and never comes back: the webhook tells of it, or the worker finds out."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tests.support.http.answers import assert_problem
from tests.support.paypal.payment_client import Bill, Teller
from tests.support.paypal.worker_jobs import Jobs
from tests.support.servers.worker_process import eventually


async def assert_paid(teller: Teller, bill: Bill) -> None:
    """Check that the money was taken, and the appointment confirmed."""
    assert await teller.statuses(bill) == ("captured", "confirmed")
    assert len(await teller.captures(bill)) == 1


async def withheld(teller: Teller) -> Bill:
    """Begin a payment that is approved without a webhook."""
    bill = await teller.begin()
    await teller.till.have("webhook", "withhold")
    await teller.till.approve(bill.order)
    return bill


async def test_the_webhook_is_enough(teller: Teller, worker: Jobs) -> None:
    bill = await teller.approved()
    await teller.hears(bill, "CHECKOUT.ORDER.APPROVED")
    await worker.settle(bill)
    await assert_paid(teller, bill)
    assert (await teller.execute(bill)).status_code == 200  # should the payer come back yet


async def test_the_workers_look_is_enough(teller: Teller, worker: Jobs) -> None:
    bill = await withheld(teller)
    await worker.settle(bill)  # too early
    assert await teller.statuses(bill) == ("created", "pending")
    await teller.time_passes(bill)
    await worker.settle(bill)
    await assert_paid(teller, bill)


async def test_webhooks_in_any_order_and_number(teller: Teller, worker: Jobs) -> None:
    bill = await teller.begin()
    await teller.till.have("webhook", "duplicate", times=2)
    await teller.till.have("webhook", "withhold", times=2)
    await teller.till.approve(bill.order)
    assert (await teller.execute(bill)).status_code == 200
    await teller.till.post("/webhooks/release")  # the last first
    for kind in ("PAYMENT.CAPTURE.COMPLETED", "CHECKOUT.ORDER.APPROVED"):
        await teller.hears(bill, kind)
        await worker.settle(bill)
    await assert_paid(teller, bill)
    assert len(await teller.mails(bill)) == 2
    assert await teller.attention(bill) == []


async def test_a_webhook_that_comes_before_the_orders_id_is_known(teller: Teller, worker: Jobs) -> None:
    hold = await teller.hold()
    await teller.till.have("create_order", "slow_after", seconds=3)
    creating = asyncio.create_task(teller.create(hold))
    reference = await eventually(
        partial(
            teller.owner.fetchval, "SELECT reference::text FROM payment WHERE appointment_id = $1", hold.appointment
        )
    )

    async def order_of() -> str | None:
        orders = (await teller.till.books())["orders"]
        return next((order["id"] for order in orders if order["custom_id"] == reference), None)

    order = str(await eventually(order_of))
    await teller.till.approve(order)
    payment = await teller.owner.fetchval("SELECT id FROM payment WHERE appointment_id = $1", hold.appointment)
    bill = Bill(*hold, payment, order)
    await teller.hears(bill, "CHECKOUT.ORDER.APPROVED")
    assert (await teller.payment(bill))["order_id"] is None
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("created", "pending")
    assert (await creating).json()["paymentId"] == order
    await teller.time_passes(bill)
    await worker.settle(bill)
    await assert_paid(teller, bill)


async def test_an_approval_that_was_taken_back(teller: Teller, worker: Jobs) -> None:
    bill = await withheld(teller)
    await teller.till.post(f"/orders/{bill.order}/reverse-approval")
    await teller.hears(bill, "CHECKOUT.PAYMENT-APPROVAL.REVERSED")
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("created", "pending")
    problem = assert_problem(await teller.execute(bill), 409, "payment_not_approved")
    assert problem["approval_url"]
    await teller.till.approve(bill.order)
    assert (await teller.execute(bill)).status_code == 200


async def test_a_declined_instrument_waits_for_another(teller: Teller, worker: Jobs) -> None:
    bill = await withheld(teller)
    await teller.till.have("capture_order", "refused", issue="INSTRUMENT_DECLINED")
    await teller.time_passes(bill)
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("created", "pending")
    assert (await teller.show(bill))["approval_url"]
    await teller.till.approve(bill.order)
    await teller.time_passes(bill)
    await worker.settle(bill)
    await assert_paid(teller, bill)


async def next_look(teller: Teller, bill: Bill) -> timedelta | None:
    """Return how far off the worker's next look is."""
    due_at = (await teller.payment(bill))["due_at"]
    return due_at - datetime.now(UTC) if due_at else None


async def test_an_order_that_nobody_approves_is_looked_at_ever_less_often(teller: Teller, worker: Jobs) -> None:
    bill = await teller.begin()
    first = await next_look(teller, bill)
    assert first is not None
    assert timedelta(seconds=20) < first <= timedelta(seconds=30)
    for age, least, most in ((0, 25, 31), (600, 140, 160), (3600, 890, 910)):
        await teller.grow_old(bill, timedelta(seconds=age))
        await teller.time_passes(bill)
        await worker.settle(bill)
        pause = await next_look(teller, bill)
        assert pause is not None
        assert timedelta(seconds=least) < pause < timedelta(seconds=most)
    await teller.grow_old(bill, timedelta(hours=6, minutes=1))
    await teller.time_passes(bill)
    await worker.settle(bill)
    assert (await teller.payment(bill))["status"] == "canceled"
    assert await next_look(teller, bill) is None


@pytest.mark.parametrize("lapsed", [False, True])
async def test_approved_too_late(teller: Teller, worker: Jobs, lapsed: bool) -> None:
    bill = await withheld(teller)
    await teller.lapse(bill)
    if lapsed:
        await teller.owner.fetch("SELECT sweep_doctor($1)", bill.doctor)
    await teller.time_passes(bill)
    await worker.settle(bill)
    status, appointment = await teller.statuses(bill)
    assert (status, appointment) == ("captured", "confirmed")  # nobody else has the slot
    assert (await teller.payment(bill))["appointment_id"] != bill.appointment
