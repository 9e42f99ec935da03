"""Money that goes back: all of it, once, whoever cancels and however often PayPal has to be asked."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import httpx
import pytest

from tests.api.acts import as_doctor, as_patient
from tests.api.answers import assert_problem
from tests.api.bookings import cancel
from tests.api.jobs import Jobs
from tests.api.schedules import TIME_OFF
from tests.factories import SLOT, a_slot, bearer, book, make_patients
from tests.payments.teller import Bill, Hold, Teller

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


async def pending(client: httpx.AsyncClient, teller: Teller, worker: Jobs) -> tuple[Bill, str]:
    """Let PayPal take its time over a refund; return the bill and PayPal's id of the refund."""
    bill = await teller.paid()
    await teller.till.have("refund_capture", "pending")
    await cancel(client, bill.patient, bill.appointment)
    await worker.settle(bill)
    assert await teller.refunds(bill) == [("pending", "appointment_canceled")]
    shown = await teller.show(bill)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("captured", "100.00", "0.00")
    assert ("refund_completed", bill.patient) not in await teller.mails(bill)
    (refund,) = await teller.given_back(bill)
    return bill, refund["id"]


async def test_a_refund_that_takes_time(client: httpx.AsyncClient, teller: Teller, worker: Jobs) -> None:
    bill, refund = await pending(client, teller, worker)
    await teller.till.post(f"/refunds/{refund}/decide", {"status": "COMPLETED"})
    await teller.hears(bill, "PAYMENT.CAPTURE.REFUNDED")
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("refunded", "canceled")
    assert (await teller.mails(bill))[-1] == ("refund_completed", bill.patient)


async def test_a_refund_that_takes_time_and_fails(client: httpx.AsyncClient, teller: Teller, worker: Jobs) -> None:
    bill, refund = await pending(client, teller, worker)
    await teller.till.post(f"/refunds/{refund}/decide", {"status": "FAILED"})
    await teller.hears(bill, "PAYMENT.REFUND.FAILED")
    await worker.settle(bill)
    await assert_failed(teller, bill, "The refund has failed: no reason given")


async def assert_failed(teller: Teller, bill: Bill, why: str) -> None:
    """Check that a refund has failed and that an admin hears of it; it is not for the worker to guess what then."""
    assert await teller.refunds(bill) == [("failed", "appointment_canceled")]
    assert await teller.attention(bill) == [why]
    shown = await teller.show(bill)
    assert (shown["status"], shown["refund_requested"], shown["refunded"]) == ("captured", "0.00", "0.00")
    assert ("refund_completed", bill.patient) not in await teller.mails(bill)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"kind": "failed"}, "The refund has failed: ECHECK"),
        (
            {"kind": "refused", "issue": "REFUND_TIME_LIMIT_EXCEEDED"},
            "The refund has failed: REFUND_TIME_LIMIT_EXCEEDED",
        ),
        (
            {"kind": "refused", "issue": "REFUND_FAILED_INSUFFICIENT_FUNDS"},
            "The refund has failed: REFUND_FAILED_INSUFFICIENT_FUNDS",
        ),
    ],
)
async def test_a_refund_that_fails_needs_a_person(
    client: httpx.AsyncClient, teller: Teller, worker: Jobs, fault: dict[str, str], why: str
) -> None:
    bill = await teller.paid()
    await teller.till.have("refund_capture", **fault)
    await cancel(client, bill.patient, bill.appointment)
    for _ in range(2):
        await worker.settle(bill)
        await worker.reconcile()
    await assert_failed(teller, bill, why)


async def test_a_move_keeps_the_payment(client: httpx.AsyncClient, teller: Teller, worker: Jobs) -> None:
    bill = await teller.paid()
    earlier, later = a_slot(3).isoformat(), a_slot(6).isoformat()
    for answer in (
        await as_patient(client, bill.patient, bill.appointment, "reschedule", appointment_date=earlier),
        await as_doctor(client, bill.doctor, bill.appointment, "doctor_reschedule", appointment_date=later),
    ):
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


async def test_money_taken_back_by_the_bank_needs_a_person(teller: Teller, worker: Jobs) -> None:
    bill = await teller.paid()
    (capture,) = await teller.captures(bill)
    await teller.hears(bill, "PAYMENT.CAPTURE.COMPLETED")
    await worker.settle(bill)
    assert await teller.attention(bill) == []
    await teller.till.post(f"/captures/{capture['id']}/reverse")
    await teller.hears(bill, "PAYMENT.CAPTURE.REVERSED")
    await worker.settle(bill)
    assert await teller.attention(bill) == [f"PayPal says that capture {capture['id']} is REFUNDED."]
    assert await teller.statuses(bill) == ("captured", "confirmed")


async def test_what_was_taken_for_nothing_is_found_and_given_back(teller: Teller, worker: Jobs) -> None:
    bill = await teller.paid()
    await teller.undo_behind_the_triggers(bill)
    await worker.reconcile()
    assert await teller.refunds(bill) == [("requested", "slot_lost")]
    await worker.settle(bill)
    assert (await teller.payment(bill))["status"] == "refunded"
    assert len(await teller.given_back(bill)) == 1
    await worker.reconcile()
    assert len(await teller.refunds(bill)) == 1
    assert_problem(await teller.create(bill), 409, "payment_appointment_payable")
