"""Paying for an appointment: create, approve, execute; what each answer says, and asking twice."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from tests.support.factories import bearer
from tests.support.http.answers import assert_problem, instant
from tests.support.paypal.fake_paypal import Till
from tests.support.paypal.payment_client import PAYMENTS, Teller


async def test_the_story_with_the_payloads_that_clients_send(teller: Teller, till: Till) -> None:
    hold = await teller.hold()
    before = datetime.now(UTC)
    answer = await teller.create(hold)
    assert answer.status_code == 201
    created = answer.json()
    assert created["status"] == "created"
    await till.approve(created["paymentId"])
    answer = await teller.call(hold.patient, "execute", paymentId=created["paymentId"], PayerID="QYR5Z8XDVJNXQ")
    assert answer.status_code == 200
    payment, appointment = answer.json()["payment"], answer.json()["appointment"]
    assert appointment["id"] == hold.appointment
    assert (appointment["status"], appointment["hold_expires_at"]) == ("confirmed", None)
    assert before <= instant(payment.pop("created_at")) < instant(payment.pop("updated_at")) <= datetime.now(UTC)
    assert payment == {
        "payment_id": created["payment_id"],
        "paymentId": created["paymentId"],
        "appointment_id": hold.appointment,
        "amount": "100.00",
        "currency": "USD",
        "status": "captured",
        "approval_url": None,
        "refund_requested": "0.00",
        "refunded": "0.00",
    }
    (capture,) = await till.captures_of(created["paymentId"])
    assert (capture["status"], capture["amount"]) == ("COMPLETED", {"currency_code": "USD", "value": "100.00"})
    assert await teller.mails(hold) == [("appointment_confirmed", hold.patient), ("appointment_confirmed", hold.doctor)]


async def test_create_answers_where_the_payer_approves(teller: Teller, till: Till) -> None:
    hold = await teller.hold()
    created = (await teller.create(hold)).json()
    (order,) = [order for order in (await till.books())["orders"] if order["id"] == created["paymentId"]]
    assert created["approval_url"].endswith(f"/checkoutnow?token={order['id']}")
    assert order["amount"] == {"currency_code": "USD", "value": "100.00"}
    assert order["return_url"] == "http://localhost:8000/api/payments/return/"
    assert order["cancel_url"] == "http://localhost:8000/api/payments/cancel/"
    page = await till.get(created["approval_url"])
    assert "100.00 USD" in page.text
    assert "Doctor&#x27;s appointment" in page.text


async def test_create_asked_again_answers_the_same_payment(teller: Teller, till: Till) -> None:
    hold, orders = await teller.hold(), len((await till.books())["orders"])
    first = await teller.create(hold)
    for amount in ("100.00", "100", "100.0", "0100.00"):
        again = await teller.create(hold, amount)
        assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert len((await till.books())["orders"]) == orders + 1


async def test_create_asked_at_once_makes_one_order(teller: Teller, till: Till) -> None:
    hold, orders = await teller.hold(), len((await till.books())["orders"])
    answers = await asyncio.gather(*(teller.create(hold) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["paymentId"] for answer in answers}) == 1
    assert len((await till.books())["orders"]) == orders + 1
    assert await teller.payments_of(hold) == ["created"]


async def test_before_the_approval_nothing_can_be_taken(teller: Teller) -> None:
    bill = await teller.begin()
    problem = assert_problem(await teller.execute(bill), 409, "payment_not_approved")
    assert problem["approval_url"] == (await teller.show(bill))["approval_url"]
    assert problem["detail"] == "The payer has not approved this payment at PayPal yet."
    assert await teller.statuses(bill) == ("created", "pending")
    assert await teller.captures(bill) == []
    await teller.till.approve(bill.order)
    assert (await teller.execute(bill)).json()["payment"]["status"] == "captured"


async def test_execute_asked_again_answers_the_same(teller: Teller) -> None:
    bill = await teller.approved()
    first, second = await teller.execute(bill), await teller.execute(bill)
    assert (second.status_code, second.json()) == (first.status_code, first.json()) == (200, first.json())
    by_its_other_name = await teller.call(bill.patient, "execute", token=bill.order, PayerID="QYR5Z8XDVJNXQ")
    assert by_its_other_name.json() == first.json()
    assert len(await teller.captures(bill)) == 1
    assert len(await teller.mails(bill)) == 2
    assert (await teller.appointment(bill))["version"] == 2


async def test_a_payment_is_shown_to_its_patient(teller: Teller) -> None:
    bill = await teller.begin()
    shown = await teller.show(bill)
    assert shown == (await teller.create(bill)).json()
    assert shown["approval_url"]
    without_slash = f"{PAYMENTS}{bill.payment}"
    assert (await teller.client.get(without_slash, headers=bearer(bill.patient, "patient"))).json() == shown


@pytest.mark.parametrize(("currency", "fee", "asked"), [("JPY", 5000, "5000"), ("EUR", 80, "80.00")])
async def test_a_fee_in_another_currency(teller: Teller, currency: str, fee: int, asked: str) -> None:
    hold = await teller.hold(fee=fee, currency=currency)
    problem = assert_problem(await teller.create(hold, "1", currency), 422, "payment_amount_matches_fee")
    assert problem["detail"] == f"This appointment costs {asked} {currency}."
    bill = await teller.begin(hold, asked, currency)
    await teller.till.approve(bill.order)
    assert (await teller.execute(bill)).json()["appointment"]["status"] == "confirmed"
    (capture,) = await teller.captures(bill)
    assert capture["amount"] == {"currency_code": currency, "value": asked}
    await teller.owner.execute("UPDATE appointment SET status = 'canceled' WHERE id = $1", bill.appointment)
    (told,) = await teller.owner.fetch(
        "SELECT l.refunds FROM notification_message AS l INNER JOIN notification AS n ON l.id = n.id"
        " WHERE n.appointment_id = $1 AND n.account_id = $2 AND n.kind = 'appointment_canceled'",
        bill.appointment,
        bill.patient,
    )
    assert told["refunds"] == [f"{asked} {currency}"]


async def test_the_fee_is_the_one_at_booking(teller: Teller, owner: asyncpg.Connection) -> None:
    hold = await teller.hold()
    await owner.execute("UPDATE doctor SET fee = 250 WHERE account_id = $1", hold.doctor)
    assert_problem(await teller.create(hold, "250.00"), 422, "payment_amount_matches_fee")
    bill = await teller.approved(hold)
    assert (await teller.execute(bill)).json()["payment"]["amount"] == "100.00"


async def test_a_lapsed_hold_that_nobody_took_is_taken_again(teller: Teller) -> None:
    bill = await teller.approved()
    await teller.lapse(bill)
    answer = await teller.execute(bill)
    assert answer.status_code == 200, answer.text
    payment, appointment = answer.json()["payment"], answer.json()["appointment"]
    assert (payment["status"], appointment["status"]) == ("captured", "confirmed")
    assert appointment["id"] == payment["appointment_id"] != bill.appointment
    assert (await teller.appointment(bill))["status"] == "expired"
    assert len(await teller.captures(bill)) == 1


async def test_a_hold_is_not_shortened_by_its_payment(teller: Teller) -> None:
    hold = await teller.hold()
    until = (await teller.appointment(hold))["hold_expires_at"]
    await teller.approved(hold)
    assert (await teller.appointment(hold))["hold_expires_at"] == until
    assert until > datetime.now(UTC) + timedelta(minutes=14)
