"""Payments under an `Idempotency-Key`: it is bound to the payment, and how that stands now is the answer."""

from collections.abc import Callable
from functools import partial

import asyncpg
import pytest

from app.sandbox.paypal.serializers import PAYER_ID
from tests.support.factories import bearer
from tests.support.http.answers import assert_problem
from tests.support.http.appointment_actions import as_doctor
from tests.support.http.idempotent_requests import REPLAYED, IdempotentRequest, new_key
from tests.support.paypal.payment_client import PAYMENTS, BegunPayment, Hold, PaymentClient
from tests.support.paypal.worker_jobs import Jobs


def creating(hold: Hold, amount: str = "100.00") -> IdempotentRequest:
    """Return the request to pay for a hold."""
    body = {"appointment_id": hold.appointment, "amount": amount, "currency": "USD"}
    return IdempotentRequest(hold.doctor, f"{PAYMENTS}create/", bearer(hold.patient, "patient"), body)


def executing(begun: BegunPayment) -> IdempotentRequest:
    """Return the request to take what was approved."""
    body = {"paymentId": begun.order, "PayerID": PAYER_ID}
    return IdempotentRequest(begun.doctor, f"{PAYMENTS}execute/", bearer(begun.patient, "patient"), body)


def canceling(begun: BegunPayment) -> IdempotentRequest:
    """Return the request to give a hold up."""
    return IdempotentRequest(
        begun.doctor, f"{PAYMENTS}cancel/", bearer(begun.patient, "patient"), {"paymentId": begun.order}
    )


async def test_a_key_begins_one_payment_whatever_becomes_of_it(payment_client: PaymentClient) -> None:
    hold = await payment_client.hold()
    send = partial(creating(hold).send, payment_client.client, new_key())
    first = (await send()).json()
    begun = BegunPayment(*hold, first["payment_id"], first["paymentId"])
    await payment_client.fake_paypal.approve(begun.order)
    assert (await payment_client.execute(begun)).status_code == 200
    again = await send()
    assert (again.status_code, again.headers[REPLAYED]) == (201, "true")
    assert (again.json()["payment_id"], again.json()["status"]) == (begun.payment, "captured")
    assert_problem(await payment_client.create(hold), 409, "payment_appointment_payable")
    assert await payment_client.payments_of(hold) == ["captured"]


async def test_a_payment_that_failed_is_not_begun_anew_under_its_key(payment_client: PaymentClient) -> None:
    hold, key = await payment_client.hold(), new_key()
    await payment_client.fake_paypal.add_fault("create_order", "refused", issue="COMPLIANCE_VIOLATION")
    assert_problem(await creating(hold).send(payment_client.client, key), 409, "payment_refused")
    again = await creating(hold).send(payment_client.client, key)
    assert (again.status_code, again.json()["status"], again.json()["approval_url"]) == (201, "failed", None)
    assert await payment_client.payments_of(hold) == ["failed"]
    assert (await creating(hold).send(payment_client.client, new_key())).json()["status"] == "created"


async def test_a_payment_goes_on_under_its_key_where_paypal_was_away(payment_client: PaymentClient) -> None:
    hold, key = await payment_client.hold(), new_key()
    await payment_client.fake_paypal.add_fault("create_order", "drop_after", times=4)
    assert_problem(await creating(hold).send(payment_client.client, key), 503, "payment_provider_unavailable")
    answer = await creating(hold).send(payment_client.client, key)
    assert (answer.status_code, answer.json()["status"]) == (201, "created")
    assert answer.json()["approval_url"]
    assert await payment_client.payments_of(hold) == ["created"]


async def test_what_is_refused_binds_no_key(payment_client: PaymentClient, owner: asyncpg.Connection) -> None:
    hold, other, key = await payment_client.hold(), await payment_client.hold(), new_key()
    assert_problem(await creating(hold, "1.00").send(payment_client.client, key), 422, "payment_amount_matches_fee")
    assert_problem(
        await creating(other)._replace(headers=bearer(hold.patient, "patient")).send(payment_client.client, key), 404
    )
    assert await owner.fetchval("SELECT count(*) FROM receipt WHERE account_id = $1", hold.patient) == 0
    assert (await creating(hold).send(payment_client.client, key)).status_code == 201
    assert_problem(await creating(hold, "1.00").send(payment_client.client, key), 422, "idempotency_key_reused")


async def test_a_capture_that_was_declined_is_tried_again_under_its_key(payment_client: PaymentClient) -> None:
    begun, key = await payment_client.approved(), new_key()
    await payment_client.fake_paypal.add_fault("capture_order", "refused", issue="INSTRUMENT_DECLINED")
    problem = assert_problem(await executing(begun).send(payment_client.client, key), 409, "payment_declined")
    await payment_client.fake_paypal.post(problem["approval_url"].replace("checkoutnow", "checkoutnow/approve"))
    answer = await executing(begun).send(payment_client.client, key)
    assert (answer.status_code, answer.json()["payment"]["status"]) == (200, "captured")
    assert len(await payment_client.captures(begun)) == 1


async def test_of_a_payment_that_went_back_the_key_says_so(payment_client: PaymentClient, worker: Jobs) -> None:
    begun, key = await payment_client.approved(), new_key()
    assert (await executing(begun).send(payment_client.client, key)).json()["payment"]["status"] == "captured"
    assert (await as_doctor(payment_client.client, begun.doctor, begun.appointment, "doctor_cancel")).status_code == 200
    await payment_client.make_due(begun)
    await worker.settle(begun)
    again = await executing(begun).send(payment_client.client, key)
    assert again.headers[REPLAYED] == "true"
    assert again.json()["payment"]["status"] == "refunded"
    assert again.json()["appointment"]["status"] == "canceled"


async def test_of_a_hold_that_was_given_up_and_charged_all_the_same_too(
    payment_client: PaymentClient, owner: asyncpg.Connection
) -> None:
    begun, key = await payment_client.begin(), new_key()
    first = await canceling(begun).send(payment_client.client, key)
    assert first.json()["detail"] == "The hold was released. Nothing was charged."
    assert (await canceling(begun).send(payment_client.client, key)).content == first.content
    await owner.execute("SELECT record_capture($1, 'C', 'COMPLETED', 100, 'USD')", begun.payment)
    assert_problem(await canceling(begun).send(payment_client.client), 409, "payment_status_transition")
    again = await canceling(begun).send(payment_client.client, key)
    assert (again.status_code, again.headers[REPLAYED]) == (200, "true")
    assert (again.json()["status"], again.json()["detail"]) == ("captured", "The hold was released.")
    assert again.json()["refund_requested"] == "100.00"


@pytest.mark.parametrize("make", [executing, canceling])
async def test_a_key_is_for_one_payment(
    payment_client: PaymentClient, make: Callable[[BegunPayment], IdempotentRequest]
) -> None:
    patient = (await payment_client.hold()).patient
    one = await payment_client.approved(await payment_client.hold(1, patient=patient))
    other = await payment_client.approved(await payment_client.hold(2, patient=patient))
    key = new_key()
    assert (await make(one).send(payment_client.client, key)).status_code == 200
    assert_problem(await make(other).send(payment_client.client, key), 422, "idempotency_key_reused")
    assert await payment_client.statuses(other) == ("created", "pending")
