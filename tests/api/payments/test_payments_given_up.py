"""`payments/cancel/`: a patient gives up a hold instead of paying, until the payment is captured."""

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from asyncpg import Connection
from httpx import AsyncClient

from tests.support.db.offers import waiting
from tests.support.factories import a_slot, bearer, book, make_patient
from tests.support.http.answers import assert_problem, json_of
from tests.support.http.appointment_actions import notified_accounts
from tests.support.http.bookings import post_booking
from tests.support.paypal.payment_client import PAYMENTS, BegunPayment, Hold, PaymentClient

SOON = timedelta(hours=5)  # inside the notice period


@pytest_asyncio.fixture
async def soon(payment_client: PaymentClient, owner: Connection, doctor: int, patient: int) -> BegunPayment:
    """A payment for a slot that starts too soon to be canceled."""
    hold = Hold(doctor, patient, await book(owner, patient, doctor, a_slot(after=SOON)))
    return await payment_client.begin(hold)


async def test_a_hold_is_given_up_however_near_its_start(payment_client: PaymentClient, soon: BegunPayment) -> None:
    assert_problem(await payment_client.cancel(soon), 422, "appointment_cancel_notice")
    given_up = json_of(await payment_client.give_up(soon))
    assert given_up.pop("detail") == "The hold was released. Nothing was charged."
    assert given_up == await payment_client.show(soon)
    assert (given_up["status"], given_up["approval_url"]) == ("canceled", None)
    assert await payment_client.statuses(soon) == ("canceled", "canceled")
    assert (await payment_client.appointment(soon))["canceled_by"] == "patient"


async def test_its_slot_is_free_at_once(
    client: AsyncClient, payment_client: PaymentClient, soon: BegunPayment, owner: Connection
) -> None:
    await payment_client.give_up(soon)
    answer = await post_booking(client, await make_patient(owner), soon.doctor, a_slot(after=SOON))
    assert answer.status_code == 201


async def test_a_waiting_patient_gets_an_offer(payment_client: PaymentClient, owner: Connection) -> None:
    begun = await payment_client.begin(await payment_client.hold(max_appointments=1))
    waits = await waiting(owner, begun.doctor, 1)
    await payment_client.give_up(begun)
    assert await payment_client.mails(begun) == [("appointment_canceled", begun.patient)]
    assert await notified_accounts(owner, begun.doctor, "slot_offered") == waits


async def test_an_approved_payment_is_given_up_once(payment_client: PaymentClient, approved: BegunPayment) -> None:
    first, second = await payment_client.give_up(approved), await payment_client.give_up(approved)
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert first.status_code == 200
    assert_problem(await payment_client.execute(approved), 409, "payment_status_transition")
    assert await payment_client.captures(approved) == []
    assert (await payment_client.appointment(approved))["version"] == 2


async def test_a_paid_appointment_is_not_given_up(payment_client: PaymentClient, paid: BegunPayment) -> None:
    problem = assert_problem(await payment_client.give_up(paid), 409, "payment_status_transition")
    assert problem["detail"] == "This payment has been made. To get a refund, cancel the appointment."
    assert await payment_client.statuses(paid) == ("captured", "confirmed")
    assert await payment_client.refunds(paid) == []
    await payment_client.cancel(paid)
    problem = assert_problem(await payment_client.give_up(paid), 409, "payment_status_transition")
    assert problem["detail"] == "This payment has been made, and its refund is in progress."


async def test_a_payment_under_review_is_not_given_up(payment_client: PaymentClient, approved: BegunPayment) -> None:
    await payment_client.fake_paypal.add_fault("capture_order", "pending")
    await payment_client.execute(approved)
    problem = assert_problem(await payment_client.give_up(approved), 409, "payment_status_transition")
    assert problem["detail"] == "This payment is in progress. Wait until it completes, or cancel the appointment."
    assert await payment_client.statuses(approved) == ("pending_review", "pending")


async def test_a_lapsed_hold(payment_client: PaymentClient, begun: BegunPayment) -> None:
    await payment_client.lapse(begun)
    assert (await payment_client.give_up(begun)).status_code == 200
    assert (await payment_client.payment(begun))["status"] == "canceled"
    assert await payment_client.mails(begun) == []


@pytest_asyncio.fixture
async def failed(payment_client: PaymentClient, soon: BegunPayment) -> BegunPayment:
    """A payment that PayPal has declined."""
    await payment_client.fake_paypal.approve(soon.order)
    await payment_client.fake_paypal.add_fault("capture_order", "declined")
    assert_problem(await payment_client.execute(soon), 409, "payment_refused")
    return soon


async def test_after_a_failed_payment(payment_client: PaymentClient, failed: BegunPayment) -> None:
    assert json_of(await payment_client.give_up(failed))["status"] == "failed"
    assert await payment_client.statuses(failed) == ("failed", "canceled")


async def test_a_failed_payment_keeps_a_later_one(payment_client: PaymentClient, failed: BegunPayment) -> None:
    later = await payment_client.paid(failed.hold)
    assert_problem(await payment_client.give_up(failed), 409, "payment_status_transition")
    assert await payment_client.statuses(later) == ("captured", "confirmed")
    assert await payment_client.refunds(later) == []


@pytest.mark.parametrize("path", ["cancel", "cancel/"])
async def test_cancel_with_and_without_a_slash(payment_client: PaymentClient, soon: BegunPayment, path: str) -> None:
    headers = bearer(soon.patient, "patient")
    answer = await payment_client.client.post(f"{PAYMENTS}{path}", headers=headers, json={"paymentId": soon.order})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"paymentId": 1}, {"payment_id": "5O190127TN364715T"}, {"paymentId": "x", "y": 1}]
)
async def test_a_body_that_names_no_payment(payment_client: PaymentClient, patient: int, body: dict[str, Any]) -> None:
    assert_problem(await payment_client.call(patient, "cancel", **body), 400, "invalid_request")
