"""`payments/cancel/`: whoever will not pay gives the slot back, until the money is being taken."""

from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from tests.support.factories import a_slot, bearer, book, make_doctor, make_patient
from tests.support.http.answers import assert_problem
from tests.support.http.appointment_actions import told
from tests.support.http.bookings import cancel, post_booking
from tests.support.paypal.payment_client import PAYMENTS, Bill, Hold, Teller

SOON = timedelta(hours=5)  # inside the notice period


async def soon(teller: Teller) -> Bill:
    """Begin to pay for a slot that is too near to be canceled."""
    doctor, patient = await make_doctor(teller.owner), await make_patient(teller.owner)
    appointment = await book(teller.owner, patient, doctor, a_slot(after=SOON))
    return await teller.begin(Hold(doctor, patient, appointment))


async def test_a_hold_is_given_up_however_near_its_start(client: httpx.AsyncClient, teller: Teller) -> None:
    bill = await soon(teller)
    assert_problem(await cancel(client, bill.patient, bill.appointment), 422, "appointment_cancel_notice")
    answer = await teller.give_up(bill)
    assert answer.status_code == 200
    given_up = answer.json()
    assert given_up.pop("detail") == "The hold is given up; nothing was charged."
    assert given_up == await teller.show(bill)
    assert (given_up["status"], given_up["approval_url"]) == ("canceled", None)
    assert await teller.statuses(bill) == ("canceled", "canceled")
    assert (await teller.appointment(bill))["canceled_by"] == "patient"


async def test_its_slot_is_free_at_once(client: httpx.AsyncClient, teller: Teller, owner: asyncpg.Connection) -> None:
    bill = await soon(teller)
    await teller.give_up(bill)
    answer = await post_booking(client, await make_patient(owner), bill.doctor, a_slot(after=SOON))
    assert answer.status_code == 201


async def test_whoever_waits_for_it_is_told(teller: Teller, owner: asyncpg.Connection) -> None:
    bill = await teller.begin(await teller.hold(max_appointments=1))
    waiting = await make_patient(owner)
    await owner.fetch("SELECT * FROM join_waitlist($1, $2, NULL)", waiting, bill.doctor)
    await teller.give_up(bill)
    assert await teller.mails(bill) == [("appointment_canceled", bill.patient)]
    assert await told(owner, bill.doctor, "slot_offered") == [waiting]


async def test_approved_or_not_and_asked_twice(teller: Teller) -> None:
    bill = await teller.approved()
    first, second = await teller.give_up(bill), await teller.give_up(bill)
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert first.status_code == 200
    assert_problem(await teller.execute(bill), 409, "payment_status_transition")
    assert await teller.captures(bill) == []
    assert (await teller.appointment(bill))["version"] == 2


async def test_what_is_paid_is_canceled_in_another_way(client: httpx.AsyncClient, teller: Teller) -> None:
    bill = await teller.paid()
    problem = assert_problem(await teller.give_up(bill), 409, "payment_status_transition")
    assert problem["detail"] == "This payment has been made: to get the money back, cancel the appointment."
    assert await teller.statuses(bill) == ("captured", "confirmed")
    assert await teller.refunds(bill) == []
    await cancel(client, bill.patient, bill.appointment)
    problem = assert_problem(await teller.give_up(bill), 409, "payment_status_transition")
    assert problem["detail"] == "This payment has been made, and its money is on the way back."


async def test_what_is_under_review(teller: Teller) -> None:
    bill = await teller.approved()
    await teller.till.have("capture_order", "pending")
    await teller.execute(bill)
    problem = assert_problem(await teller.give_up(bill), 409, "payment_status_transition")
    assert problem["detail"] == "This payment is being taken: wait for its end, or cancel the appointment."
    assert await teller.statuses(bill) == ("pending_review", "pending")


async def test_what_has_lapsed(teller: Teller) -> None:
    bill = await teller.begin()
    await teller.lapse(bill)
    assert (await teller.give_up(bill)).status_code == 200
    assert (await teller.payment(bill))["status"] == "canceled"
    assert await teller.mails(bill) == []


async def failed(teller: Teller) -> Bill:
    """Let PayPal decline a payment for a slot that is too near to be canceled."""
    bill = await soon(teller)
    await teller.till.approve(bill.order)
    await teller.till.have("capture_order", "declined")
    assert_problem(await teller.execute(bill), 409, "payment_refused")
    return bill


async def test_after_a_failed_payment(teller: Teller) -> None:
    bill = await failed(teller)
    answer = await teller.give_up(bill)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "failed"
    assert await teller.statuses(bill) == ("failed", "canceled")


async def test_an_earlier_payment_gives_up_nothing_that_a_later_one_has_paid(teller: Teller) -> None:
    bill = await failed(teller)
    later = await teller.paid(Hold(*bill[:3]))
    assert_problem(await teller.give_up(bill), 409, "payment_status_transition")
    assert await teller.statuses(later) == ("captured", "confirmed")
    assert await teller.refunds(later) == []


async def test_with_and_without_a_slash(teller: Teller) -> None:
    for path in ("cancel", "cancel/"):
        bill = await soon(teller)
        headers = bearer(bill.patient, "patient")
        answer = await teller.client.post(f"{PAYMENTS}{path}", headers=headers, json={"paymentId": bill.order})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"paymentId": 1}, {"payment_id": "5O190127TN364715T"}, {"paymentId": "x", "y": 1}]
)
async def test_a_body_that_names_no_payment(teller: Teller, body: dict[str, Any]) -> None:
    patient = await make_patient(teller.owner)
    assert_problem(await teller.call(patient, "cancel", **body), 400, "invalid_request")
