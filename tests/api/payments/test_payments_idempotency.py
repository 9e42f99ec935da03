"""Payments under an `Idempotency-Key`: it is bound to the payment, and how that stands now is the answer."""

from collections.abc import Callable
from functools import partial

import asyncpg
import pytest

from app.sandbox.paypal.serializers import PAYER_ID
from tests.support.factories import bearer
from tests.support.http.answers import assert_problem
from tests.support.http.appointment_actions import as_doctor
from tests.support.http.idempotent_requests import REPLAYED, Act, new_key
from tests.support.paypal.payment_client import PAYMENTS, Bill, Hold, Teller
from tests.support.paypal.worker_jobs import Jobs


def creating(hold: Hold, amount: str = "100.00") -> Act:
    """Return the request to pay for a hold."""
    body = {"appointment_id": hold.appointment, "amount": amount, "currency": "USD"}
    return Act(hold.doctor, f"{PAYMENTS}create/", bearer(hold.patient, "patient"), body)


def executing(bill: Bill) -> Act:
    """Return the request to take what was approved."""
    body = {"paymentId": bill.order, "PayerID": PAYER_ID}
    return Act(bill.doctor, f"{PAYMENTS}execute/", bearer(bill.patient, "patient"), body)


def canceling(bill: Bill) -> Act:
    """Return the request to give a hold up."""
    return Act(bill.doctor, f"{PAYMENTS}cancel/", bearer(bill.patient, "patient"), {"paymentId": bill.order})


async def test_a_key_begins_one_payment_whatever_becomes_of_it(teller: Teller) -> None:
    hold = await teller.hold()
    send = partial(creating(hold).send, teller.client, new_key())
    first = (await send()).json()
    bill = Bill(*hold, first["payment_id"], first["paymentId"])
    await teller.till.approve(bill.order)
    assert (await teller.execute(bill)).status_code == 200
    again = await send()
    assert (again.status_code, again.headers[REPLAYED]) == (201, "true")
    assert (again.json()["payment_id"], again.json()["status"]) == (bill.payment, "captured")
    assert_problem(await teller.create(hold), 409, "payment_appointment_payable")
    assert await teller.payments_of(hold) == ["captured"]


async def test_a_payment_that_failed_is_not_begun_anew_under_its_key(teller: Teller) -> None:
    hold, key = await teller.hold(), new_key()
    await teller.till.have("create_order", "refused", issue="COMPLIANCE_VIOLATION")
    assert_problem(await creating(hold).send(teller.client, key), 409, "payment_refused")
    again = await creating(hold).send(teller.client, key)
    assert (again.status_code, again.json()["status"], again.json()["approval_url"]) == (201, "failed", None)
    assert await teller.payments_of(hold) == ["failed"]
    assert (await creating(hold).send(teller.client, new_key())).json()["status"] == "created"


async def test_a_payment_goes_on_under_its_key_where_paypal_was_away(teller: Teller) -> None:
    hold, key = await teller.hold(), new_key()
    await teller.till.have("create_order", "drop_after", times=4)
    assert_problem(await creating(hold).send(teller.client, key), 503, "payment_provider_unavailable")
    answer = await creating(hold).send(teller.client, key)
    assert (answer.status_code, answer.json()["status"]) == (201, "created")
    assert answer.json()["approval_url"]
    assert await teller.payments_of(hold) == ["created"]


async def test_what_is_refused_binds_no_key(teller: Teller, owner: asyncpg.Connection) -> None:
    hold, other, key = await teller.hold(), await teller.hold(), new_key()
    assert_problem(await creating(hold, "1.00").send(teller.client, key), 422, "payment_amount_matches_fee")
    assert_problem(
        await creating(other)._replace(headers=bearer(hold.patient, "patient")).send(teller.client, key), 404
    )
    assert await owner.fetchval("SELECT count(*) FROM receipt WHERE account_id = $1", hold.patient) == 0
    assert (await creating(hold).send(teller.client, key)).status_code == 201
    assert_problem(await creating(hold, "1.00").send(teller.client, key), 422, "idempotency_key_reused")


async def test_a_capture_that_was_declined_is_tried_again_under_its_key(teller: Teller) -> None:
    bill, key = await teller.approved(), new_key()
    await teller.till.have("capture_order", "refused", issue="INSTRUMENT_DECLINED")
    problem = assert_problem(await executing(bill).send(teller.client, key), 409, "payment_declined")
    await teller.till.post(problem["approval_url"].replace("checkoutnow", "checkoutnow/approve"))
    answer = await executing(bill).send(teller.client, key)
    assert (answer.status_code, answer.json()["payment"]["status"]) == (200, "captured")
    assert len(await teller.captures(bill)) == 1


async def test_of_a_payment_that_went_back_the_key_says_so(teller: Teller, worker: Jobs) -> None:
    bill, key = await teller.approved(), new_key()
    assert (await executing(bill).send(teller.client, key)).json()["payment"]["status"] == "captured"
    assert (await as_doctor(teller.client, bill.doctor, bill.appointment, "doctor_cancel")).status_code == 200
    await teller.time_passes(bill)
    await worker.settle(bill)
    again = await executing(bill).send(teller.client, key)
    assert again.headers[REPLAYED] == "true"
    assert again.json()["payment"]["status"] == "refunded"
    assert again.json()["appointment"]["status"] == "canceled"


async def test_of_a_hold_that_was_given_up_and_charged_all_the_same_too(
    teller: Teller, owner: asyncpg.Connection
) -> None:
    bill, key = await teller.begin(), new_key()
    first = await canceling(bill).send(teller.client, key)
    assert first.json()["detail"] == "The hold is given up; nothing was charged."
    assert (await canceling(bill).send(teller.client, key)).content == first.content
    await owner.execute("SELECT record_capture($1, 'C', 'COMPLETED', 100, 'USD')", bill.payment)
    assert_problem(await canceling(bill).send(teller.client), 409, "payment_status_transition")
    again = await canceling(bill).send(teller.client, key)
    assert (again.status_code, again.headers[REPLAYED]) == (200, "true")
    assert (again.json()["status"], again.json()["detail"]) == ("captured", "The hold was given up.")
    assert again.json()["refund_requested"] == "100.00"


@pytest.mark.parametrize("make", [executing, canceling])
async def test_a_key_is_for_one_payment(teller: Teller, make: Callable[[Bill], Act]) -> None:
    patient = (await teller.hold()).patient
    one = await teller.approved(await teller.hold(1, patient=patient))
    other = await teller.approved(await teller.hold(2, patient=patient))
    key = new_key()
    assert (await make(one).send(teller.client, key)).status_code == 200
    assert_problem(await make(other).send(teller.client, key), 422, "idempotency_key_reused")
    assert await teller.statuses(other) == ("created", "pending")
