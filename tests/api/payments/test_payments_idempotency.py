"""Payments with an `Idempotency-Key`: a repeated request returns the current state of the payment."""

from collections.abc import Callable
from functools import partial

import pytest
from asyncpg import Connection

from tests.support.factories import bearer
from tests.support.http.answers import assert_problem
from tests.support.http.idempotent_requests import (
    REPLAYED,
    IdempotentRequest,
    capture_request,
    giving_up_request,
    new_key,
    payment_request,
    receipts,
)
from tests.support.paypal.payment_client import BegunPayment, Hold, PaymentClient
from tests.support.paypal.worker_jobs import Jobs


async def test_a_key_begins_one_payment(payment_client: PaymentClient, hold: Hold) -> None:
    send = partial(payment_request(hold).send, payment_client.client, new_key())
    first = (await send()).json()
    begun = BegunPayment(*hold, first["payment_id"], first["paymentId"])
    await payment_client.fake_paypal.approve(begun.order)
    assert (await payment_client.execute(begun)).status_code == 200
    again = await send()
    assert (again.status_code, again.headers[REPLAYED]) == (201, "true")
    assert (again.json()["payment_id"], again.json()["status"]) == (begun.payment, "captured")
    assert_problem(await payment_client.create(hold), 409, "payment_appointment_payable")
    assert await payment_client.payments_of(hold) == ["captured"]


async def test_a_failed_payment_is_not_begun_again(payment_client: PaymentClient) -> None:
    hold, key = await payment_client.hold(), new_key()
    await payment_client.fake_paypal.add_fault("create_order", "refused", issue="COMPLIANCE_VIOLATION")
    assert_problem(await payment_request(hold).send(payment_client.client, key), 409, "payment_refused")
    again = await payment_request(hold).send(payment_client.client, key)
    assert (again.status_code, again.json()["status"], again.json()["approval_url"]) == (201, "failed", None)
    assert await payment_client.payments_of(hold) == ["failed"]
    assert (await payment_request(hold).send(payment_client.client, new_key())).json()["status"] == "created"


async def test_a_payment_continues_after_an_outage_of_paypal(payment_client: PaymentClient) -> None:
    hold, key = await payment_client.hold(), new_key()
    await payment_client.fake_paypal.add_fault("create_order", "drop_after", times=4)
    assert_problem(await payment_request(hold).send(payment_client.client, key), 503, "payment_provider_unavailable")
    answer = await payment_request(hold).send(payment_client.client, key)
    assert (answer.status_code, answer.json()["status"]) == (201, "created")
    assert answer.json()["approval_url"]
    assert await payment_client.payments_of(hold) == ["created"]


async def test_a_refusal_does_not_use_the_key(payment_client: PaymentClient, owner: Connection) -> None:
    hold, other, key = await payment_client.hold(), await payment_client.hold(), new_key()
    assert_problem(
        await payment_request(hold, "1.00").send(payment_client.client, key), 422, "payment_amount_matches_fee"
    )
    assert_problem(
        await payment_request(other)._replace(headers=bearer(hold.patient, "patient")).send(payment_client.client, key),
        404,
    )
    assert await receipts(owner, hold.patient) == 0
    assert (await payment_request(hold).send(payment_client.client, key)).status_code == 201
    assert_problem(await payment_request(hold, "1.00").send(payment_client.client, key), 422, "idempotency_key_reused")


async def test_a_declined_capture_is_repeated(payment_client: PaymentClient) -> None:
    begun, key = await payment_client.approved(), new_key()
    await payment_client.fake_paypal.add_fault("capture_order", "refused", issue="INSTRUMENT_DECLINED")
    problem = assert_problem(await capture_request(begun).send(payment_client.client, key), 409, "payment_declined")
    await payment_client.fake_paypal.post(problem["approval_url"].replace("checkoutnow", "checkoutnow/approve"))
    answer = await capture_request(begun).send(payment_client.client, key)
    assert (answer.status_code, answer.json()["payment"]["status"]) == (200, "captured")
    assert len(await payment_client.captures(begun)) == 1


async def test_a_repeated_execute_shows_the_refund(payment_client: PaymentClient, worker: Jobs) -> None:
    begun, key = await payment_client.approved(), new_key()
    assert (await capture_request(begun).send(payment_client.client, key)).json()["payment"]["status"] == "captured"
    assert (await payment_client.cancel_as_doctor(begun)).status_code == 200
    await payment_client.make_due(begun)
    await worker.settle(begun)
    again = await capture_request(begun).send(payment_client.client, key)
    assert again.headers[REPLAYED] == "true"
    assert again.json()["payment"]["status"] == "refunded"
    assert again.json()["appointment"]["status"] == "canceled"


async def test_a_repeated_cancel_shows_the_capture(payment_client: PaymentClient, owner: Connection) -> None:
    begun, key = await payment_client.begin(), new_key()
    first = await giving_up_request(begun).send(payment_client.client, key)
    assert first.json()["detail"] == "The hold was released. Nothing was charged."
    assert (await giving_up_request(begun).send(payment_client.client, key)).content == first.content
    await owner.execute("SELECT record_capture($1, 'C', 'COMPLETED', 100, 'USD')", begun.payment)
    assert_problem(await giving_up_request(begun).send(payment_client.client), 409, "payment_status_transition")
    again = await giving_up_request(begun).send(payment_client.client, key)
    assert (again.status_code, again.headers[REPLAYED]) == (200, "true")
    assert (again.json()["status"], again.json()["detail"]) == ("captured", "The hold was released.")
    assert again.json()["refund_requested"] == "100.00"


@pytest.mark.parametrize("make", [capture_request, giving_up_request])
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
