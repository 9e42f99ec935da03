"""Refunds: the whole amount, once, after every kind of cancellation, and the refunds that PayPal delays or refuses."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import httpx
import pytest
import pytest_asyncio
from asyncpg import Connection

from app.domain.auth.tokens import Role
from tests.support.factories import a_slot, bearer, book, make_patients
from tests.support.http.answers import assert_problem, json_of
from tests.support.http.appointment_actions import as_patient, call_appointment
from tests.support.http.schedules import take_off
from tests.support.paypal.payment_client import BegunPayment, Hold, PaymentClient
from tests.support.paypal.worker_jobs import Jobs
from tests.support.servers.worker_process import eventually

BULK = "/api/appointments/appointments/doctor_bulk_cancel/"

Cancel = Callable[[PaymentClient, BegunPayment], Awaitable[httpx.Response]]


async def _bulk(payment_client: PaymentClient, begun: BegunPayment) -> httpx.Response:
    headers = bearer(begun.doctor, "doctor")
    return await payment_client.client.post(BULK, headers=headers, json={"reason": "I am ill."})


WAYS: dict[str, Cancel] = {
    "the patient in time": PaymentClient.cancel,
    "the doctor": PaymentClient.cancel_as_doctor,
    "the doctor, all at once": _bulk,
    "the doctor, who will be away": lambda payment_client, begun: take_off(
        payment_client.client, begun.doctor, a_slot(), a_slot(1), cancel_affected=True
    ),
}


@pytest.mark.parametrize("who", WAYS)
async def test_every_cancellation_refunds_the_whole_amount(
    payment_client: PaymentClient, worker: Jobs, who: str, paid: BegunPayment
) -> None:
    assert (await WAYS[who](payment_client, paid)).is_success
    shown = await payment_client.show(paid)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("captured", "100.00", "0.00")
    assert await payment_client.refunds(paid) == [("requested", "appointment_canceled")]
    assert await payment_client.paypal_refunds(paid) == []  # the worker makes the refund
    for _ in range(2):
        await worker.settle(paid)
    shown = await payment_client.show(paid)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("refunded", "0.00", "100.00")
    (refund,) = await payment_client.paypal_refunds(paid)
    assert (refund["status"], refund["amount"]) == ("COMPLETED", {"currency_code": "USD", "value": "100.00"})
    mails = await payment_client.mails(paid)
    assert mails.count(("appointment_canceled", paid.patient)) == 1
    assert mails[-1] == ("refund_completed", paid.patient)
    assert await payment_client.attention(paid) == []


async def test_a_bulk_cancellation_refunds_each_patient(
    payment_client: PaymentClient, worker: Jobs, owner: Connection
) -> None:
    first = await payment_client.paid()
    others = []
    for number, patient in enumerate(await make_patients(owner, 3), 1):
        hold = Hold(first.doctor, patient, await book(owner, patient, first.doctor, a_slot(number)))
        others.append(await payment_client.paid(hold) if number < 3 else await payment_client.begin(hold))
    *paid, unpaid = [first, *others]
    assert (await _bulk(payment_client, first)).json()["count"] == 4
    for begun in (*paid, unpaid):
        await worker.settle(begun)
    assert [await payment_client.statuses(begun) for begun in paid] == [("refunded", "canceled")] * 3
    assert await payment_client.statuses(unpaid) == ("canceled", "canceled")
    assert [len(await payment_client.paypal_refunds(begun)) for begun in (*paid, unpaid)] == [1, 1, 1, 0]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "error_before", "error_after", "garbage"])
async def test_a_refund_whose_response_is_lost_is_made_once(
    payment_client: PaymentClient, worker: Jobs, fault: str, paid: BegunPayment
) -> None:
    await payment_client.cancel(paid)
    await payment_client.fake_paypal.add_fault("webhook", "withhold", times=2)
    await payment_client.fake_paypal.add_fault("refund_capture", fault, times=5)  # four attempts, and one more
    await worker.settle(paid)
    assert await payment_client.refunds(paid) == [("requested", "appointment_canceled")]
    await worker.settle(paid)  # too early
    assert await payment_client.refunds(paid) == [("requested", "appointment_canceled")]
    await payment_client.make_due(paid)
    await worker.settle(paid)
    assert await payment_client.statuses(paid) == ("refunded", "canceled")
    assert len(await payment_client.paypal_refunds(paid)) == 1


async def test_ten_workers_make_one_refund(payment_client: PaymentClient, worker: Jobs, paid: BegunPayment) -> None:
    await payment_client.cancel(paid)
    await asyncio.gather(*(worker.settle(paid) for _ in range(10)))
    assert await payment_client.refunds(paid) == [("completed", "appointment_canceled")]
    assert len(await payment_client.paypal_refunds(paid)) == 1


async def test_a_move_keeps_the_payment(client: httpx.AsyncClient, payment_client: PaymentClient, worker: Jobs) -> None:
    begun = await payment_client.paid()
    moves: list[tuple[Role, int, str, int]] = [
        ("patient", begun.patient, "reschedule", 3),
        ("doctor", begun.doctor, "doctor_reschedule", 6),
    ]
    for role, caller, call, number in moves:
        target = {"appointment_date": a_slot(number).isoformat()}
        answer = await call_appointment(client, role, caller, begun.appointment, call, **target)
        assert json_of(answer)["status"] == "confirmed"
    await worker.settle(begun)
    assert await payment_client.statuses(begun) == ("captured", "confirmed")
    assert await payment_client.refunds(begun) == []
    assert (await as_patient(client, begun.patient, begun.appointment, "cancel")).status_code == 200
    await worker.settle(begun)
    assert await payment_client.statuses(begun) == ("refunded", "canceled")


async def test_a_move_of_a_hold_keeps_its_payment(client: httpx.AsyncClient, payment_client: PaymentClient) -> None:
    begun = await payment_client.approved()
    later = a_slot(5).isoformat()
    assert (await as_patient(client, begun.patient, begun.appointment, "reschedule", appointment_date=later)).is_success
    answer = await payment_client.execute(begun)
    assert (answer.status_code, answer.json()["appointment"]["status"]) == (200, "confirmed")


async def test_canceled_during_the_capture(payment_client: PaymentClient, worker: Jobs, approved: BegunPayment) -> None:
    await payment_client.fake_paypal.add_fault("capture_order", "slow_before", seconds=2)
    paying = asyncio.create_task(payment_client.execute(approved))
    capturing = "SELECT status = 'capturing' FROM payment WHERE id = $1"
    await eventually(partial(payment_client.owner.fetchval, capturing, approved.payment))
    json_of(await payment_client.cancel_as_doctor(approved, reason="I am ill."))
    executed = (await paying).json()
    assert executed["appointment"]["status"] == "canceled"
    assert (executed["payment"]["status"], executed["payment"]["refund_requested"]) == ("captured", "100.00")
    assert await payment_client.refunds(approved) == [("requested", "slot_lost")]
    await worker.settle(approved)
    assert await payment_client.statuses(approved) == ("refunded", "canceled")
    assert len(await payment_client.paypal_refunds(approved)) == 1
    assert await payment_client.mails(approved) == [
        ("appointment_canceled", approved.patient),
        ("refund_requested", approved.patient),
        ("refund_completed", approved.patient),
    ]


@pytest_asyncio.fixture
async def pending(payment_client: PaymentClient, worker: Jobs, paid: BegunPayment) -> str:
    """PayPal's id of the refund of `paid`, which PayPal has not decided on."""
    await payment_client.fake_paypal.add_fault("refund_capture", "pending")
    await payment_client.cancel(paid)
    await worker.settle(paid)
    assert await payment_client.refunds(paid) == [("pending", "appointment_canceled")]
    shown = await payment_client.show(paid)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("captured", "100.00", "0.00")
    assert ("refund_completed", paid.patient) not in await payment_client.mails(paid)
    (refund,) = await payment_client.paypal_refunds(paid)
    return str(refund["id"])


@pytest.mark.parametrize(
    ("decision", "webhook"), [("COMPLETED", "PAYMENT.CAPTURE.REFUNDED"), ("FAILED", "PAYMENT.REFUND.FAILED")]
)
async def test_a_delayed_refund(
    payment_client: PaymentClient, worker: Jobs, paid: BegunPayment, pending: str, decision: str, webhook: str
) -> None:
    await payment_client.fake_paypal.post(f"/refunds/{pending}/decide", {"status": decision})
    await payment_client.wait_for_webhook(paid, webhook)
    await worker.settle(paid)
    if decision == "FAILED":
        await assert_failed(payment_client, paid, "The refund has failed: no reason given")
    else:
        assert await payment_client.statuses(paid) == ("refunded", "canceled")
        assert (await payment_client.mails(paid))[-1] == ("refund_completed", paid.patient)


async def assert_failed(payment_client: PaymentClient, begun: BegunPayment, why: str) -> None:
    """Check that a refund has failed, and that an admin is asked to act."""
    assert await payment_client.refunds(begun) == [("failed", "appointment_canceled")]
    assert await payment_client.attention(begun) == [why]
    shown = await payment_client.show(begun)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("captured", "0.00", "0.00")
    assert ("refund_completed", begun.patient) not in await payment_client.mails(begun)


ISSUES = ("REFUND_TIME_LIMIT_EXCEEDED", "REFUND_FAILED_INSUFFICIENT_FUNDS")


@pytest.mark.parametrize(
    ("fault", "why"),
    [({"kind": "failed"}, "ECHECK"), *(({"kind": "refused", "issue": issue}, issue) for issue in ISSUES)],
)
async def test_a_refund_that_fails_needs_a_person(
    payment_client: PaymentClient, worker: Jobs, fault: dict[str, str], why: str, paid: BegunPayment
) -> None:
    await payment_client.fake_paypal.add_fault("refund_capture", **fault)
    await payment_client.cancel(paid)
    for _ in range(2):
        await worker.settle(paid)
        await worker.reconcile()
    await assert_failed(payment_client, paid, f"The refund has failed: {why}")


async def test_a_reversed_capture_needs_a_person(payment_client: PaymentClient, worker: Jobs) -> None:
    begun = await payment_client.paid()
    (capture,) = await payment_client.captures(begun)
    await payment_client.wait_for_webhook(begun, "PAYMENT.CAPTURE.COMPLETED")
    await worker.settle(begun)
    assert await payment_client.attention(begun) == []
    await payment_client.fake_paypal.post(f"/captures/{capture['id']}/reverse")
    await payment_client.wait_for_webhook(begun, "PAYMENT.CAPTURE.REVERSED")
    await worker.settle(begun)
    assert await payment_client.attention(begun) == [f"PayPal reports that capture {capture['id']} is REFUNDED."]
    assert await payment_client.statuses(begun) == ("captured", "confirmed")


async def test_a_capture_without_an_appointment_is_refunded(payment_client: PaymentClient, worker: Jobs) -> None:
    begun = await payment_client.paid()
    await payment_client.cancel_without_triggers(begun)
    await worker.reconcile()
    assert await payment_client.refunds(begun) == [("requested", "slot_lost")]
    await worker.settle(begun)
    assert (await payment_client.payment(begun))["status"] == "refunded"
    assert len(await payment_client.paypal_refunds(begun)) == 1
    await worker.reconcile()
    assert len(await payment_client.refunds(begun)) == 1
    assert_problem(await payment_client.create(begun), 409, "payment_appointment_payable")
