"""Payer, webhook and worker act concurrently: one capture, one confirmation, and one mail to each party."""

import asyncio
from collections import Counter

import httpx
import pytest
from asyncpg import Connection

from app.db.engine import create_engine
from app.domain.payments.gateway import PayPalGateway
from app.domain.payments.lifecycle import Lifecycle
from app.domain.payments.paypal.call import Timeouts
from app.domain.payments.paypal.client import PayPal
from app.domain.payments.repository import PaymentRepository
from app.sandbox.paypal.serializers import PAYER_ID
from app.settings import Settings
from tests.support.factories import a_slot, make_patient
from tests.support.http.answers import assert_problem
from tests.support.http.bookings import post_booking
from tests.support.paypal.payment_client import BegunPayment, PaymentClient
from tests.support.paypal.worker_jobs import Jobs
from tests.support.servers.worker_process import eventually


async def assert_paid_once(payment_client: PaymentClient, begun: BegunPayment) -> None:
    """Check that there is one capture, one confirmation, and a mail about it for each party."""
    assert await payment_client.statuses(begun) == ("captured", "confirmed")
    assert [capture["status"] for capture in await payment_client.captures(begun)] == ["COMPLETED"]
    assert (await payment_client.appointment(begun))["version"] == 2
    assert await payment_client.mails(begun) == [
        ("appointment_confirmed", begun.patient),
        ("appointment_confirmed", begun.doctor),
    ]
    assert await payment_client.refunds(begun) == []
    assert await payment_client.attention(begun) == []


@pytest.mark.parametrize("approved_at_the_same_time", [False, True])
async def test_20_executions_with_webhook_and_worker(
    payment_client: PaymentClient, worker: Jobs, approved_at_the_same_time: bool, begun: BegunPayment
) -> None:
    await payment_client.fake_paypal.add_fault("webhook", "duplicate", times=2)
    if not approved_at_the_same_time:
        await payment_client.fake_paypal.approve(begun.order)
    await payment_client.make_due(begun)
    others = asyncio.gather(payment_client.fake_paypal.approve(begun.order), *(worker.settle(begun) for _ in range(5)))
    answers = await asyncio.gather(*(payment_client.execute(begun) for _ in range(20)))
    await others
    refused = [answer for answer in answers if answer.status_code != 200]
    assert all(answer.json()["appointment"]["status"] == "confirmed" for answer in answers if answer not in refused)
    for answer in refused:
        assert approved_at_the_same_time
        assert_problem(answer, 409, "payment_not_approved")
    await payment_client.execute(begun)
    await payment_client.make_due(begun)
    await worker.settle(begun)
    await assert_paid_once(payment_client, begun)


async def test_20_executions_while_paypal_takes_its_time(payment_client: PaymentClient, worker: Jobs) -> None:
    begun = await payment_client.approved()
    await payment_client.fake_paypal.add_fault("capture_order", "slow_before", seconds=2)
    await payment_client.make_due(begun)
    others = asyncio.gather(*(worker.settle(begun) for _ in range(3)))
    answers = await asyncio.gather(*(payment_client.execute(begun) for _ in range(20)))
    await others
    assert [answer.json()["payment"]["status"] for answer in answers] == ["captured"] * 20
    await assert_paid_once(payment_client, begun)


async def test_an_overtaken_capture_waits_for_the_other(
    payment_client: PaymentClient, worker: Jobs, settings: Settings, approved: BegunPayment
) -> None:
    await payment_client.fake_paypal.add_fault("capture_order", "slow_before", seconds=3)
    overtaking: list[asyncio.Task[None]] = []

    async def overtake(request: httpx.Request) -> None:
        if not request.url.path.endswith("/capture") or overtaking:
            return
        await payment_client.make_due(approved)
        overtaking.append(asyncio.create_task(worker.settle(approved)))
        await eventually(is_captured_by_the_worker)

    async def is_captured_by_the_worker() -> bool:
        return not await payment_client.fake_paypal.faults()

    engine = create_engine(settings.database_url, application_name="booking-api")
    paypal = PayPal(
        settings.paypal_base_url,
        settings.paypal_client_id,
        settings.paypal_client_secret,
        timeouts=Timeouts(attempts=2),
        http=httpx.AsyncClient(event_hooks={"request": [overtake]}),
    )
    async with paypal:
        payments = PaymentRepository(engine)
        lifecycle = Lifecycle(payments, paypal, return_url="https://app.example", cancel_url="https://app.example")
        assert (await lifecycle.execute(approved.patient, approved.order, PAYER_ID)).status == "captured"
    await asyncio.gather(*overtaking)
    await engine.dispose()
    await assert_paid_once(payment_client, approved)


async def test_ten_workers_at_one_payment(payment_client: PaymentClient, worker: Jobs, approved: BegunPayment) -> None:
    await payment_client.make_due(approved)
    await asyncio.gather(*(worker.settle(approved) for _ in range(10)))
    await assert_paid_once(payment_client, approved)


async def test_a_capture_made_elsewhere_is_adopted(payment_client: PaymentClient, settings: Settings) -> None:
    begun = await payment_client.approved()
    async with PayPalGateway(settings) as by_hand:
        await by_hand.paypal.capture_order(begun.order, request_id="by hand")
    assert (await payment_client.execute(begun)).status_code == 200
    await assert_paid_once(payment_client, begun)


async def test_paying_and_giving_up(payment_client: PaymentClient) -> None:
    outcomes = Counter[tuple[str, str]]()
    for number in range(6):
        begun = await payment_client.approved(await payment_client.hold(number))
        paid, given_up = await asyncio.gather(payment_client.execute(begun), payment_client.give_up(begun))
        outcomes[await payment_client.statuses(begun)] += 1
        if given_up.status_code == 200:
            assert_problem(paid, 409, "payment_status_transition")
            assert await payment_client.captures(begun) == []
        else:
            assert_problem(given_up, 409, "payment_status_transition")
            assert paid.json()["payment"]["status"] == "captured"
    assert outcomes.keys() <= {("captured", "confirmed"), ("canceled", "canceled")}


@pytest.mark.parametrize("canceler", ["doctor", "patient"])
async def test_paying_and_canceling(payment_client: PaymentClient, canceler: str) -> None:
    for number in range(4):
        begun = await payment_client.approved(await payment_client.hold(number))
        act = payment_client.cancel_as_doctor(begun) if canceler == "doctor" else payment_client.cancel(begun)
        _, canceled = await asyncio.gather(payment_client.execute(begun), act)
        assert canceled.status_code == 200
        payment, appointment = await payment_client.statuses(begun)
        assert appointment == "canceled"
        captured = await payment_client.captures(begun)
        assert (payment, len(await payment_client.refunds(begun))) == (("captured", 1) if captured else ("canceled", 0))


async def test_a_late_payment_and_a_booking_of_the_slot(
    client: httpx.AsyncClient, payment_client: PaymentClient, owner: Connection
) -> None:
    for number in range(4):
        begun = await payment_client.approved(await payment_client.hold(number))
        await payment_client.lapse(begun)
        booking = post_booking(client, await make_patient(owner), begun.doctor, a_slot(number))
        paid, booked = await asyncio.gather(payment_client.execute(begun), booking)
        assert sorted([paid.status_code == 200, booked.status_code == 201]) == [False, True]
        assert len(await payment_client.captures(begun)) == (paid.status_code == 200)


async def test_two_orders_for_one_appointment_are_not_both_paid(payment_client: PaymentClient) -> None:
    first = await payment_client.approved()
    await payment_client.fake_paypal.add_fault("capture_order", "declined")
    assert_problem(await payment_client.execute(first), 409, "payment_refused")
    second = await payment_client.approved(first.hold)
    answers = await asyncio.gather(*(payment_client.execute(begun) for begun in (first, second) * 5))
    assert Counter(answer.status_code for answer in answers) == {200: 5, 409: 5}
    assert await payment_client.payments_of(first) == ["failed", "captured"]
