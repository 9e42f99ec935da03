"""Payer, webhook and worker at once: the money is taken once, the appointment confirmed once, each mail written once."""

import asyncio
from collections import Counter

import asyncpg
import httpx
import pytest

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
from tests.support.http.appointment_actions import as_doctor
from tests.support.http.bookings import cancel, post_booking
from tests.support.paypal.payment_client import Bill, Hold, Teller
from tests.support.paypal.worker_jobs import Jobs
from tests.support.servers.worker_process import eventually


async def assert_paid_once(teller: Teller, bill: Bill) -> None:
    """Check that there is one capture, one confirmation, and a mail about it for each party."""
    assert await teller.statuses(bill) == ("captured", "confirmed")
    assert [capture["status"] for capture in await teller.captures(bill)] == ["COMPLETED"]
    assert (await teller.appointment(bill))["version"] == 2
    assert await teller.mails(bill) == [("appointment_confirmed", bill.patient), ("appointment_confirmed", bill.doctor)]
    assert await teller.refunds(bill) == []
    assert await teller.attention(bill) == []


@pytest.mark.parametrize("approved_at_the_same_time", [False, True])
async def test_20_executions_with_webhook_and_worker(
    teller: Teller, worker: Jobs, approved_at_the_same_time: bool
) -> None:
    bill = await teller.begin()
    await teller.till.have("webhook", "duplicate", times=2)
    if not approved_at_the_same_time:
        await teller.till.approve(bill.order)
    await teller.time_passes(bill)
    others = asyncio.gather(teller.till.approve(bill.order), *(worker.settle(bill) for _ in range(5)))
    answers = await asyncio.gather(*(teller.execute(bill) for _ in range(20)))
    await others
    refused = [answer for answer in answers if answer.status_code != 200]
    assert all(answer.json()["appointment"]["status"] == "confirmed" for answer in answers if answer not in refused)
    for answer in refused:
        assert approved_at_the_same_time
        assert_problem(answer, 409, "payment_not_approved")
    await teller.execute(bill)
    await teller.time_passes(bill)
    await worker.settle(bill)
    await assert_paid_once(teller, bill)


async def test_20_executions_while_paypal_takes_its_time(teller: Teller, worker: Jobs) -> None:
    bill = await teller.approved()
    await teller.till.have("capture_order", "slow_before", seconds=2)
    await teller.time_passes(bill)
    others = asyncio.gather(*(worker.settle(bill) for _ in range(3)))
    answers = await asyncio.gather(*(teller.execute(bill) for _ in range(20)))
    await others
    assert [answer.json()["payment"]["status"] for answer in answers] == ["captured"] * 20
    await assert_paid_once(teller, bill)


async def test_whoever_is_overtaken_waits_for_the_other(teller: Teller, worker: Jobs, settings: Settings) -> None:
    bill = await teller.approved()
    await teller.till.have("capture_order", "slow_before", seconds=3)
    overtaking: list[asyncio.Task[None]] = []

    async def overtake(request: httpx.Request) -> None:
        if not request.url.path.endswith("/capture") or overtaking:
            return
        await teller.time_passes(bill)
        overtaking.append(asyncio.create_task(worker.settle(bill)))
        await eventually(is_captured_by_the_worker)

    async def is_captured_by_the_worker() -> bool:
        return not await teller.till.faults()

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
        assert (await lifecycle.execute(bill.patient, bill.order, PAYER_ID)).status == "captured"
    await asyncio.gather(*overtaking)
    await engine.dispose()
    await assert_paid_once(teller, bill)


async def test_ten_workers_at_one_payment(teller: Teller, worker: Jobs) -> None:
    bill = await teller.approved()
    await teller.time_passes(bill)
    await asyncio.gather(*(worker.settle(bill) for _ in range(10)))
    await assert_paid_once(teller, bill)


async def test_a_capture_by_somebody_else_is_adopted(teller: Teller, settings: Settings) -> None:
    bill = await teller.approved()
    async with PayPalGateway(settings) as by_hand:
        await by_hand.paypal.capture_order(bill.order, request_id="by hand")
    assert (await teller.execute(bill)).status_code == 200
    await assert_paid_once(teller, bill)


async def test_who_pays_and_who_gives_up(teller: Teller) -> None:
    outcomes = Counter[tuple[str, str]]()
    for number in range(6):
        bill = await teller.approved(await teller.hold(number))
        paid, given_up = await asyncio.gather(teller.execute(bill), teller.give_up(bill))
        outcomes[await teller.statuses(bill)] += 1
        if given_up.status_code == 200:
            assert_problem(paid, 409, "payment_status_transition")
            assert await teller.captures(bill) == []
        else:
            assert_problem(given_up, 409, "payment_status_transition")
            assert paid.json()["payment"]["status"] == "captured"
    assert outcomes.keys() <= {("captured", "confirmed"), ("canceled", "canceled")}


@pytest.mark.parametrize("canceler", ["doctor", "patient"])
async def test_who_pays_and_who_cancels(client: httpx.AsyncClient, teller: Teller, canceler: str) -> None:
    for number in range(4):
        bill = await teller.approved(await teller.hold(number))
        act = (
            as_doctor(client, bill.doctor, bill.appointment, "doctor_cancel")
            if canceler == "doctor"
            else cancel(client, bill.patient, bill.appointment)
        )
        _, canceled = await asyncio.gather(teller.execute(bill), act)
        assert canceled.status_code == 200
        payment, appointment = await teller.statuses(bill)
        assert appointment == "canceled"
        captured = await teller.captures(bill)
        assert (payment, len(await teller.refunds(bill))) == (("captured", 1) if captured else ("canceled", 0))


async def test_who_pays_late_and_who_books_that_slot(
    client: httpx.AsyncClient, teller: Teller, owner: asyncpg.Connection
) -> None:
    for number in range(4):
        bill = await teller.approved(await teller.hold(number))
        await teller.lapse(bill)
        booking = post_booking(client, await make_patient(owner), bill.doctor, a_slot(number))
        paid, booked = await asyncio.gather(teller.execute(bill), booking)
        assert sorted([paid.status_code == 200, booked.status_code == 201]) == [False, True]
        assert len(await teller.captures(bill)) == (paid.status_code == 200)


async def test_two_orders_for_one_appointment_are_not_both_paid(teller: Teller) -> None:
    first = await teller.approved()
    await teller.till.have("capture_order", "declined")
    assert_problem(await teller.execute(first), 409, "payment_refused")
    second = await teller.approved(Hold(*first[:3]))
    answers = await asyncio.gather(*(teller.execute(bill) for bill in (first, second) * 5))
    assert Counter(answer.status_code for answer in answers) == {200: 5, 409: 5}
    assert await teller.payments_of(first) == ["failed", "captured"]
