"""Money that goes back: all of it, once, whoever cancels and however often PayPal has to be asked."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import httpx
import pytest

from app.domain.auth.tokens import Role
from tests.support.factories import SLOT, a_slot, bearer, book, make_patients
from tests.support.http.appointment_actions import act, as_doctor, as_patient
from tests.support.http.bookings import cancel
from tests.support.http.schedules import TIME_OFF
from tests.support.paypal.payment_client import Bill, Hold, Teller
from tests.support.paypal.worker_jobs import Jobs

BULK = "/api/appointments/appointments/doctor_bulk_cancel/"

Cancel = Callable[[httpx.AsyncClient, Bill], Awaitable[httpx.Response]]


async def _bulk(client: httpx.AsyncClient, bill: Bill) -> httpx.Response:
    return await client.post(BULK, headers=bearer(bill.doctor, "doctor"), json={"reason": "I am ill."})


async def _time_off(client: httpx.AsyncClient, bill: Bill) -> httpx.Response:
    away = {"start": a_slot().isoformat(), "end": (a_slot() + SLOT).isoformat(), "cancel_affected": True}
    return await client.post(TIME_OFF, headers=bearer(bill.doctor, "doctor"), json=away)


WAYS: dict[str, Cancel] = {
    "the patient in time": lambda client, bill: cancel(client, bill.patient, bill.appointment),
    "the doctor": lambda client, bill: as_doctor(client, bill.doctor, bill.appointment, "doctor_cancel"),
    "the doctor, all at once": _bulk,
    "the doctor, who will be away": _time_off,
}


@pytest.mark.parametrize("who", WAYS)
async def test_who_cancels_what_is_paid_gives_all_of_it_back(
    client: httpx.AsyncClient, teller: Teller, worker: Jobs, who: str
) -> None:
    bill = await teller.paid()
    assert (await WAYS[who](client, bill)).is_success
    shown = await teller.show(bill)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("captured", "100.00", "0.00")
    assert await teller.refunds(bill) == [("requested", "appointment_canceled")]
    assert await teller.given_back(bill) == []  # the worker's part
    for _ in range(2):
        await worker.settle(bill)
    shown = await teller.show(bill)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("refunded", "0.00", "100.00")
    (refund,) = await teller.given_back(bill)
    assert (refund["status"], refund["amount"]) == ("COMPLETED", {"currency_code": "USD", "value": "100.00"})
    mails = await teller.mails(bill)
    assert mails.count(("appointment_canceled", bill.patient)) == 1
    assert mails[-1] == ("refund_completed", bill.patient)
    assert await teller.attention(bill) == []


async def test_a_bulk_cancellation_gives_each_patient_their_money_back(
    client: httpx.AsyncClient, teller: Teller, worker: Jobs, owner: asyncpg.Connection
) -> None:
    first = await teller.paid()
    others = []
    for number, patient in enumerate(await make_patients(owner, 3), 1):
        hold = Hold(first.doctor, patient, await book(owner, patient, first.doctor, a_slot(number)))
        others.append(await teller.paid(hold) if number < 3 else await teller.begin(hold))
    *paid, unpaid = [first, *others]
    assert (await _bulk(client, first)).json()["count"] == 4
    for bill in (*paid, unpaid):
        await worker.settle(bill)
    assert [await teller.statuses(bill) for bill in paid] == [("refunded", "canceled")] * 3
    assert await teller.statuses(unpaid) == ("canceled", "canceled")
    assert [len(await teller.given_back(bill)) for bill in (*paid, unpaid)] == [1, 1, 1, 0]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "error_before", "error_after", "garbage"])
async def test_a_refund_whose_answer_is_lost_is_made_once(
    client: httpx.AsyncClient, teller: Teller, worker: Jobs, fault: str
) -> None:
    bill = await teller.paid()
    await cancel(client, bill.patient, bill.appointment)
    await teller.till.have("webhook", "withhold", times=2)
    await teller.till.have("refund_capture", fault, times=5)  # four attempts, and one more
    await worker.settle(bill)
    assert await teller.refunds(bill) == [("requested", "appointment_canceled")]
    await worker.settle(bill)  # too early
    assert await teller.refunds(bill) == [("requested", "appointment_canceled")]
    await teller.time_passes(bill)
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("refunded", "canceled")
    assert len(await teller.given_back(bill)) == 1


async def test_ten_workers_give_it_back_once(client: httpx.AsyncClient, teller: Teller, worker: Jobs) -> None:
    bill = await teller.paid()
    await cancel(client, bill.patient, bill.appointment)
    await asyncio.gather(*(worker.settle(bill) for _ in range(10)))
    assert await teller.refunds(bill) == [("completed", "appointment_canceled")]
    assert len(await teller.given_back(bill)) == 1


async def test_a_move_keeps_the_payment(client: httpx.AsyncClient, teller: Teller, worker: Jobs) -> None:
    bill = await teller.paid()
    moves: list[tuple[Role, int, str, int]] = [
        ("patient", bill.patient, "reschedule", 3),
        ("doctor", bill.doctor, "doctor_reschedule", 6),
    ]
    for role, caller, call, number in moves:
        answer = await act(client, role, caller, bill.appointment, call, appointment_date=a_slot(number).isoformat())
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == "confirmed"
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("captured", "confirmed")
    assert await teller.refunds(bill) == []
    assert (await as_patient(client, bill.patient, bill.appointment, "cancel")).status_code == 200
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("refunded", "canceled")


async def test_a_move_of_a_hold_keeps_its_payment(client: httpx.AsyncClient, teller: Teller) -> None:
    bill = await teller.approved()
    later = a_slot(5).isoformat()
    assert (await as_patient(client, bill.patient, bill.appointment, "reschedule", appointment_date=later)).is_success
    answer = await teller.execute(bill)
    assert (answer.status_code, answer.json()["appointment"]["status"]) == (200, "confirmed")


async def test_canceled_while_the_money_is_being_taken(client: httpx.AsyncClient, teller: Teller, worker: Jobs) -> None:
    bill = await teller.approved()
    await teller.till.have("capture_order", "slow_before", seconds=2)
    paying = asyncio.create_task(teller.execute(bill))
    async with asyncio.timeout(30):
        while (await teller.payment(bill))["status"] != "capturing":  # noqa: ASYNC110  it happens in PostgreSQL
            await asyncio.sleep(0.05)
    answer = await as_doctor(client, bill.doctor, bill.appointment, "doctor_cancel", reason="I am ill.")
    assert answer.status_code == 200
    executed = (await paying).json()
    assert executed["appointment"]["status"] == "canceled"
    assert (executed["payment"]["status"], executed["payment"]["refund_requested"]) == ("captured", "100.00")
    assert await teller.refunds(bill) == [("requested", "slot_lost")]
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("refunded", "canceled")
    assert len(await teller.given_back(bill)) == 1
    assert await teller.mails(bill) == [
        ("appointment_canceled", bill.patient),
        ("refund_requested", bill.patient),
        ("refund_completed", bill.patient),
    ]
