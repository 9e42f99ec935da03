"""Money that goes back: all of it, once, whoever cancels and however often PayPal has to be asked."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import httpx
import pytest

from app.domain.auth.tokens import Role
from tests.support.factories import SLOT, a_slot, bearer, book, make_patients
from tests.support.http.appointment_actions import as_doctor, as_patient, call_appointment
from tests.support.http.bookings import cancel
from tests.support.http.schedules import TIME_OFF
from tests.support.paypal.payment_client import BegunPayment, Hold, PaymentClient
from tests.support.paypal.worker_jobs import Jobs

BULK = "/api/appointments/appointments/doctor_bulk_cancel/"

Cancel = Callable[[httpx.AsyncClient, BegunPayment], Awaitable[httpx.Response]]


async def _bulk(client: httpx.AsyncClient, begun: BegunPayment) -> httpx.Response:
    return await client.post(BULK, headers=bearer(begun.doctor, "doctor"), json={"reason": "I am ill."})


async def _time_off(client: httpx.AsyncClient, begun: BegunPayment) -> httpx.Response:
    away = {"start": a_slot().isoformat(), "end": (a_slot() + SLOT).isoformat(), "cancel_affected": True}
    return await client.post(TIME_OFF, headers=bearer(begun.doctor, "doctor"), json=away)


WAYS: dict[str, Cancel] = {
    "the patient in time": lambda client, begun: cancel(client, begun.patient, begun.appointment),
    "the doctor": lambda client, begun: as_doctor(client, begun.doctor, begun.appointment, "doctor_cancel"),
    "the doctor, all at once": _bulk,
    "the doctor, who will be away": _time_off,
}


@pytest.mark.parametrize("who", WAYS)
async def test_who_cancels_what_is_paid_gives_all_of_it_back(
    client: httpx.AsyncClient, payment_client: PaymentClient, worker: Jobs, who: str
) -> None:
    begun = await payment_client.paid()
    assert (await WAYS[who](client, begun)).is_success
    shown = await payment_client.show(begun)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("captured", "100.00", "0.00")
    assert await payment_client.refunds(begun) == [("requested", "appointment_canceled")]
    assert await payment_client.paypal_refunds(begun) == []  # the worker's part
    for _ in range(2):
        await worker.settle(begun)
    shown = await payment_client.show(begun)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("refunded", "0.00", "100.00")
    (refund,) = await payment_client.paypal_refunds(begun)
    assert (refund["status"], refund["amount"]) == ("COMPLETED", {"currency_code": "USD", "value": "100.00"})
    mails = await payment_client.mails(begun)
    assert mails.count(("appointment_canceled", begun.patient)) == 1
    assert mails[-1] == ("refund_completed", begun.patient)
    assert await payment_client.attention(begun) == []


async def test_a_bulk_cancellation_gives_each_patient_their_money_back(
    client: httpx.AsyncClient, payment_client: PaymentClient, worker: Jobs, owner: asyncpg.Connection
) -> None:
    first = await payment_client.paid()
    others = []
    for number, patient in enumerate(await make_patients(owner, 3), 1):
        hold = Hold(first.doctor, patient, await book(owner, patient, first.doctor, a_slot(number)))
        others.append(await payment_client.paid(hold) if number < 3 else await payment_client.begin(hold))
    *paid, unpaid = [first, *others]
    assert (await _bulk(client, first)).json()["count"] == 4
    for begun in (*paid, unpaid):
        await worker.settle(begun)
    assert [await payment_client.statuses(begun) for begun in paid] == [("refunded", "canceled")] * 3
    assert await payment_client.statuses(unpaid) == ("canceled", "canceled")
    assert [len(await payment_client.paypal_refunds(begun)) for begun in (*paid, unpaid)] == [1, 1, 1, 0]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "error_before", "error_after", "garbage"])
async def test_a_refund_whose_answer_is_lost_is_made_once(
    client: httpx.AsyncClient, payment_client: PaymentClient, worker: Jobs, fault: str
) -> None:
    begun = await payment_client.paid()
    await cancel(client, begun.patient, begun.appointment)
    await payment_client.fake_paypal.add_fault("webhook", "withhold", times=2)
    await payment_client.fake_paypal.add_fault("refund_capture", fault, times=5)  # four attempts, and one more
    await worker.settle(begun)
    assert await payment_client.refunds(begun) == [("requested", "appointment_canceled")]
    await worker.settle(begun)  # too early
    assert await payment_client.refunds(begun) == [("requested", "appointment_canceled")]
    await payment_client.make_due(begun)
    await worker.settle(begun)
    assert await payment_client.statuses(begun) == ("refunded", "canceled")
    assert len(await payment_client.paypal_refunds(begun)) == 1


async def test_ten_workers_give_it_back_once(
    client: httpx.AsyncClient, payment_client: PaymentClient, worker: Jobs
) -> None:
    begun = await payment_client.paid()
    await cancel(client, begun.patient, begun.appointment)
    await asyncio.gather(*(worker.settle(begun) for _ in range(10)))
    assert await payment_client.refunds(begun) == [("completed", "appointment_canceled")]
    assert len(await payment_client.paypal_refunds(begun)) == 1


async def test_a_move_keeps_the_payment(client: httpx.AsyncClient, payment_client: PaymentClient, worker: Jobs) -> None:
    begun = await payment_client.paid()
    moves: list[tuple[Role, int, str, int]] = [
        ("patient", begun.patient, "reschedule", 3),
        ("doctor", begun.doctor, "doctor_reschedule", 6),
    ]
    for role, caller, call, number in moves:
        answer = await call_appointment(
            client, role, caller, begun.appointment, call, appointment_date=a_slot(number).isoformat()
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == "confirmed"
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


async def test_canceled_while_the_money_is_being_taken(
    client: httpx.AsyncClient, payment_client: PaymentClient, worker: Jobs
) -> None:
    begun = await payment_client.approved()
    await payment_client.fake_paypal.add_fault("capture_order", "slow_before", seconds=2)
    paying = asyncio.create_task(payment_client.execute(begun))
    async with asyncio.timeout(30):
        while (await payment_client.payment(begun))["status"] != "capturing":  # noqa: ASYNC110  it happens in PostgreSQL
            await asyncio.sleep(0.05)
    answer = await as_doctor(client, begun.doctor, begun.appointment, "doctor_cancel", reason="I am ill.")
    assert answer.status_code == 200
    executed = (await paying).json()
    assert executed["appointment"]["status"] == "canceled"
    assert (executed["payment"]["status"], executed["payment"]["refund_requested"]) == ("captured", "100.00")
    assert await payment_client.refunds(begun) == [("requested", "slot_lost")]
    await worker.settle(begun)
    assert await payment_client.statuses(begun) == ("refunded", "canceled")
    assert len(await payment_client.paypal_refunds(begun)) == 1
    assert await payment_client.mails(begun) == [
        ("appointment_canceled", begun.patient),
        ("refund_requested", begun.patient),
        ("refund_completed", begun.patient),
    ]
