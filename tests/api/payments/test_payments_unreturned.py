"""A payer who approves and does not return: a webhook or the worker completes the payment."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import pytest_asyncio

from tests.support.http.answers import assert_problem
from tests.support.paypal.payment_client import BegunPayment, PaymentClient
from tests.support.paypal.worker_jobs import Jobs
from tests.support.servers.worker_process import eventually


async def assert_paid(payment_client: PaymentClient, begun: BegunPayment) -> None:
    assert await payment_client.statuses(begun) == ("captured", "confirmed")
    assert len(await payment_client.captures(begun)) == 1


@pytest_asyncio.fixture
async def withheld(payment_client: PaymentClient, begun: BegunPayment) -> BegunPayment:
    """An approved payment whose webhook has not arrived."""
    await payment_client.fake_paypal.add_fault("webhook", "withhold")
    await payment_client.fake_paypal.approve(begun.order)
    return begun


async def test_the_webhook_is_enough(payment_client: PaymentClient, worker: Jobs, approved: BegunPayment) -> None:
    await payment_client.wait_for_webhook(approved, "CHECKOUT.ORDER.APPROVED")
    await worker.settle(approved)
    await assert_paid(payment_client, approved)
    assert (await payment_client.execute(approved)).status_code == 200  # if the payer returns after all


async def test_the_workers_check_is_enough(payment_client: PaymentClient, worker: Jobs, withheld: BegunPayment) -> None:
    await worker.settle(withheld)  # too early
    assert await payment_client.statuses(withheld) == ("created", "pending")
    await payment_client.make_due(withheld)
    await worker.settle(withheld)
    await assert_paid(payment_client, withheld)


async def test_webhooks_in_any_order_and_number(payment_client: PaymentClient, worker: Jobs) -> None:
    begun = await payment_client.begin()
    await payment_client.fake_paypal.add_fault("webhook", "duplicate", times=2)
    await payment_client.fake_paypal.add_fault("webhook", "withhold", times=2)
    await payment_client.fake_paypal.approve(begun.order)
    assert (await payment_client.execute(begun)).status_code == 200
    await payment_client.fake_paypal.post("/webhooks/release")  # in reverse order
    for kind in ("PAYMENT.CAPTURE.COMPLETED", "CHECKOUT.ORDER.APPROVED"):
        await payment_client.wait_for_webhook(begun, kind)
        await worker.settle(begun)
    await assert_paid(payment_client, begun)
    assert len(await payment_client.mails(begun)) == 2
    assert await payment_client.attention(begun) == []


async def test_a_webhook_arrives_before_the_order_id_is_stored(payment_client: PaymentClient, worker: Jobs) -> None:
    hold = await payment_client.hold()
    await payment_client.fake_paypal.add_fault("create_order", "slow_after", seconds=3)
    creating = asyncio.create_task(payment_client.create(hold))
    query = "SELECT id, reference::text FROM payment WHERE appointment_id = $1"
    row = await eventually(partial(payment_client.owner.fetchrow, query, hold.appointment))
    assert row
    payment, reference = row

    async def order_of() -> str | None:
        orders = (await payment_client.fake_paypal.ledger())["orders"]
        return next((order["id"] for order in orders if order["custom_id"] == reference), None)

    order = str(await eventually(order_of))
    await payment_client.fake_paypal.approve(order)
    begun = BegunPayment(*hold, payment, order)
    await payment_client.wait_for_webhook(begun, "CHECKOUT.ORDER.APPROVED")
    assert (await payment_client.payment(begun))["order_id"] is None
    await worker.settle(begun)
    assert await payment_client.statuses(begun) == ("created", "pending")
    assert (await creating).json()["paymentId"] == order
    await payment_client.make_due(begun)
    await worker.settle(begun)
    await assert_paid(payment_client, begun)


async def test_an_approval_that_was_taken_back(
    payment_client: PaymentClient, worker: Jobs, withheld: BegunPayment
) -> None:
    await payment_client.fake_paypal.post(f"/orders/{withheld.order}/reverse-approval")
    await payment_client.wait_for_webhook(withheld, "CHECKOUT.PAYMENT-APPROVAL.REVERSED")
    await worker.settle(withheld)
    assert await payment_client.statuses(withheld) == ("created", "pending")
    problem = assert_problem(await payment_client.execute(withheld), 409, "payment_not_approved")
    assert problem["approval_url"]
    await payment_client.fake_paypal.approve(withheld.order)
    assert (await payment_client.execute(withheld)).status_code == 200


async def test_a_declined_instrument_waits_for_another(
    payment_client: PaymentClient, worker: Jobs, withheld: BegunPayment
) -> None:
    await payment_client.fake_paypal.add_fault("capture_order", "refused", issue="INSTRUMENT_DECLINED")
    await payment_client.make_due(withheld)
    await worker.settle(withheld)
    assert await payment_client.statuses(withheld) == ("created", "pending")
    assert (await payment_client.show(withheld))["approval_url"]
    await payment_client.fake_paypal.approve(withheld.order)
    await payment_client.make_due(withheld)
    await worker.settle(withheld)
    await assert_paid(payment_client, withheld)


async def next_look(payment_client: PaymentClient, begun: BegunPayment) -> timedelta | None:
    """Return the time until the worker checks the payment again."""
    due_at = (await payment_client.payment(begun))["due_at"]
    return due_at - datetime.now(UTC) if due_at else None


async def test_an_unapproved_order_is_checked_less_often(
    payment_client: PaymentClient, worker: Jobs, begun: BegunPayment
) -> None:
    first = await next_look(payment_client, begun)
    assert first is not None
    assert timedelta(seconds=20) < first <= timedelta(seconds=30)
    for age, least, most in ((0, 25, 31), (600, 140, 160), (3600, 890, 910)):
        await payment_client.set_age(begun, timedelta(seconds=age))
        await payment_client.make_due(begun)
        await worker.settle(begun)
        pause = await next_look(payment_client, begun)
        assert pause is not None
        assert timedelta(seconds=least) < pause < timedelta(seconds=most)
    await payment_client.set_age(begun, timedelta(hours=6, minutes=1))
    await payment_client.make_due(begun)
    await worker.settle(begun)
    assert (await payment_client.payment(begun))["status"] == "canceled"
    assert await next_look(payment_client, begun) is None


@pytest.mark.parametrize("lapsed", [False, True])
async def test_approved_too_late(
    payment_client: PaymentClient, worker: Jobs, withheld: BegunPayment, lapsed: bool
) -> None:
    await payment_client.lapse(withheld)
    if lapsed:
        await payment_client.sweep(withheld)
    await payment_client.make_due(withheld)
    await worker.settle(withheld)
    assert await payment_client.statuses(withheld) == ("captured", "confirmed")  # the slot was free
    assert (await payment_client.payment(withheld))["appointment_id"] != withheld.appointment
