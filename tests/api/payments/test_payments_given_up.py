"""`payments/cancel/`: whoever will not pay gives the slot back, until the money is being taken."""

from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from tests.support.factories import a_slot, bearer, book, make_doctor, make_patient
from tests.support.http.answers import assert_problem
from tests.support.http.appointment_actions import notified_accounts
from tests.support.http.bookings import cancel, post_booking
from tests.support.paypal.payment_client import PAYMENTS, BegunPayment, Hold, PaymentClient

SOON = timedelta(hours=5)  # inside the notice period


async def soon(payment_client: PaymentClient) -> BegunPayment:
    """Begin to pay for a slot that is too near to be canceled."""
    doctor, patient = await make_doctor(payment_client.owner), await make_patient(payment_client.owner)
    appointment = await book(payment_client.owner, patient, doctor, a_slot(after=SOON))
    return await payment_client.begin(Hold(doctor, patient, appointment))


async def test_a_hold_is_given_up_however_near_its_start(
    client: httpx.AsyncClient, payment_client: PaymentClient
) -> None:
    begun = await soon(payment_client)
    assert_problem(await cancel(client, begun.patient, begun.appointment), 422, "appointment_cancel_notice")
    answer = await payment_client.give_up(begun)
    assert answer.status_code == 200
    given_up = answer.json()
    assert given_up.pop("detail") == "The hold was released. Nothing was charged."
    assert given_up == await payment_client.show(begun)
    assert (given_up["status"], given_up["approval_url"]) == ("canceled", None)
    assert await payment_client.statuses(begun) == ("canceled", "canceled")
    assert (await payment_client.appointment(begun))["canceled_by"] == "patient"


async def test_its_slot_is_free_at_once(
    client: httpx.AsyncClient, payment_client: PaymentClient, owner: asyncpg.Connection
) -> None:
    begun = await soon(payment_client)
    await payment_client.give_up(begun)
    answer = await post_booking(client, await make_patient(owner), begun.doctor, a_slot(after=SOON))
    assert answer.status_code == 201


async def test_whoever_waits_for_it_is_told(payment_client: PaymentClient, owner: asyncpg.Connection) -> None:
    begun = await payment_client.begin(await payment_client.hold(max_appointments=1))
    waiting = await make_patient(owner)
    await owner.fetch("SELECT * FROM join_waitlist($1, $2, NULL)", waiting, begun.doctor)
    await payment_client.give_up(begun)
    assert await payment_client.mails(begun) == [("appointment_canceled", begun.patient)]
    assert await notified_accounts(owner, begun.doctor, "slot_offered") == [waiting]


async def test_approved_or_not_and_asked_twice(payment_client: PaymentClient) -> None:
    begun = await payment_client.approved()
    first, second = await payment_client.give_up(begun), await payment_client.give_up(begun)
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert first.status_code == 200
    assert_problem(await payment_client.execute(begun), 409, "payment_status_transition")
    assert await payment_client.captures(begun) == []
    assert (await payment_client.appointment(begun))["version"] == 2


async def test_what_is_paid_is_canceled_in_another_way(
    client: httpx.AsyncClient, payment_client: PaymentClient
) -> None:
    begun = await payment_client.paid()
    problem = assert_problem(await payment_client.give_up(begun), 409, "payment_status_transition")
    assert problem["detail"] == "This payment has been made: to get the money back, cancel the appointment."
    assert await payment_client.statuses(begun) == ("captured", "confirmed")
    assert await payment_client.refunds(begun) == []
    await cancel(client, begun.patient, begun.appointment)
    problem = assert_problem(await payment_client.give_up(begun), 409, "payment_status_transition")
    assert problem["detail"] == "This payment has been made, and its money is on the way back."


async def test_what_is_under_review(payment_client: PaymentClient) -> None:
    begun = await payment_client.approved()
    await payment_client.fake_paypal.add_fault("capture_order", "pending")
    await payment_client.execute(begun)
    problem = assert_problem(await payment_client.give_up(begun), 409, "payment_status_transition")
    assert problem["detail"] == "This payment is being taken: wait for its end, or cancel the appointment."
    assert await payment_client.statuses(begun) == ("pending_review", "pending")


async def test_what_has_lapsed(payment_client: PaymentClient) -> None:
    begun = await payment_client.begin()
    await payment_client.lapse(begun)
    assert (await payment_client.give_up(begun)).status_code == 200
    assert (await payment_client.payment(begun))["status"] == "canceled"
    assert await payment_client.mails(begun) == []


async def failed(payment_client: PaymentClient) -> BegunPayment:
    """Let PayPal decline a payment for a slot that is too near to be canceled."""
    begun = await soon(payment_client)
    await payment_client.fake_paypal.approve(begun.order)
    await payment_client.fake_paypal.add_fault("capture_order", "declined")
    assert_problem(await payment_client.execute(begun), 409, "payment_refused")
    return begun


async def test_after_a_failed_payment(payment_client: PaymentClient) -> None:
    begun = await failed(payment_client)
    answer = await payment_client.give_up(begun)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "failed"
    assert await payment_client.statuses(begun) == ("failed", "canceled")


async def test_an_earlier_payment_gives_up_nothing_that_a_later_one_has_paid(payment_client: PaymentClient) -> None:
    begun = await failed(payment_client)
    later = await payment_client.paid(Hold(*begun[:3]))
    assert_problem(await payment_client.give_up(begun), 409, "payment_status_transition")
    assert await payment_client.statuses(later) == ("captured", "confirmed")
    assert await payment_client.refunds(later) == []


async def test_with_and_without_a_slash(payment_client: PaymentClient) -> None:
    for path in ("cancel", "cancel/"):
        begun = await soon(payment_client)
        headers = bearer(begun.patient, "patient")
        answer = await payment_client.client.post(f"{PAYMENTS}{path}", headers=headers, json={"paymentId": begun.order})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"paymentId": 1}, {"payment_id": "5O190127TN364715T"}, {"paymentId": "x", "y": 1}]
)
async def test_a_body_that_names_no_payment(payment_client: PaymentClient, body: dict[str, Any]) -> None:
    patient = await make_patient(payment_client.owner)
    assert_problem(await payment_client.call(patient, "cancel", **body), 400, "invalid_request")
