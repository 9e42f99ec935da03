"""Paying for an appointment: the responses of create and execute, and repeated requests."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from asyncpg import Connection

from tests.support.factories import bearer
from tests.support.http.answers import assert_problem, instant, json_of
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.payment_client import PAYMENTS, BegunPayment, Hold, PaymentClient


async def test_the_story_with_the_payloads_that_clients_send(
    payment_client: PaymentClient, fake_paypal: FakePayPal, hold: Hold
) -> None:
    before = datetime.now(UTC)
    created = json_of(await payment_client.create(hold), 201)
    assert created["status"] == "created"
    await fake_paypal.approve(created["paymentId"])
    answer = await payment_client.call(hold.patient, "execute", paymentId=created["paymentId"], PayerID="QYR5Z8XDVJNXQ")
    executed = json_of(answer)
    payment, appointment = executed["payment"], executed["appointment"]
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
    (capture,) = await fake_paypal.captures_of(created["paymentId"])
    assert (capture["status"], capture["amount"]) == ("COMPLETED", {"currency_code": "USD", "value": "100.00"})
    assert await payment_client.mails(hold) == [
        ("appointment_confirmed", hold.patient),
        ("appointment_confirmed", hold.doctor),
    ]


async def test_create_returns_the_approval_url(payment_client: PaymentClient, fake_paypal: FakePayPal) -> None:
    hold = await payment_client.hold()
    created = (await payment_client.create(hold)).json()
    (order,) = [order for order in (await fake_paypal.ledger())["orders"] if order["id"] == created["paymentId"]]
    assert created["approval_url"].endswith(f"/checkoutnow?token={order['id']}")
    assert order["amount"] == {"currency_code": "USD", "value": "100.00"}
    assert order["return_url"] == "http://localhost:8000/api/payments/return/"
    assert order["cancel_url"] == "http://localhost:8000/api/payments/cancel/"
    page = await fake_paypal.get(created["approval_url"])
    assert "100.00 USD" in page.text
    assert "Doctor&#x27;s appointment" in page.text


async def test_a_repeated_create_returns_the_same_payment(payment_client: PaymentClient) -> None:
    hold, orders = await payment_client.hold(), await payment_client.orders()
    first = await payment_client.create(hold)
    for amount in ("100.00", "100", "100.0", "0100.00"):
        again = await payment_client.create(hold, amount)
        assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert await payment_client.orders() == orders + 1


async def test_concurrent_creates_make_one_order(payment_client: PaymentClient) -> None:
    hold, orders = await payment_client.hold(), await payment_client.orders()
    answers = await asyncio.gather(*(payment_client.create(hold) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["paymentId"] for answer in answers}) == 1
    assert await payment_client.orders() == orders + 1
    assert await payment_client.payments_of(hold) == ["created"]


async def test_nothing_is_captured_before_the_approval(payment_client: PaymentClient, begun: BegunPayment) -> None:
    problem = assert_problem(await payment_client.execute(begun), 409, "payment_not_approved")
    assert problem["approval_url"] == (await payment_client.show(begun))["approval_url"]
    assert problem["detail"] == "The payer has not approved this payment at PayPal yet."
    assert await payment_client.statuses(begun) == ("created", "pending")
    assert await payment_client.captures(begun) == []
    await payment_client.fake_paypal.approve(begun.order)
    assert (await payment_client.execute(begun)).json()["payment"]["status"] == "captured"


async def test_a_repeated_execute_returns_the_same(payment_client: PaymentClient, approved: BegunPayment) -> None:
    first, second = await payment_client.execute(approved), await payment_client.execute(approved)
    assert (second.status_code, second.json()) == (first.status_code, first.json()) == (200, first.json())
    by_its_other_name = await payment_client.call(
        approved.patient, "execute", token=approved.order, PayerID="QYR5Z8XDVJNXQ"
    )
    assert by_its_other_name.json() == first.json()
    assert len(await payment_client.captures(approved)) == 1
    assert len(await payment_client.mails(approved)) == 2
    assert (await payment_client.appointment(approved))["version"] == 2


async def test_a_payment_is_shown_to_its_patient(payment_client: PaymentClient, begun: BegunPayment) -> None:
    shown = await payment_client.show(begun)
    assert shown == (await payment_client.create(begun)).json()
    assert shown["approval_url"]
    without_slash = f"{PAYMENTS}{begun.payment}"
    assert (await payment_client.client.get(without_slash, headers=bearer(begun.patient, "patient"))).json() == shown


@pytest.mark.parametrize(("currency", "fee", "asked"), [("JPY", 5000, "5000"), ("EUR", 80, "80.00")])
async def test_a_fee_in_another_currency(payment_client: PaymentClient, currency: str, fee: int, asked: str) -> None:
    hold = await payment_client.hold(fee=fee, currency=currency)
    problem = assert_problem(await payment_client.create(hold, "1", currency), 422, "payment_amount_matches_fee")
    assert problem["detail"] == f"This appointment costs {asked} {currency}."
    begun = await payment_client.begin(hold, asked, currency)
    await payment_client.fake_paypal.approve(begun.order)
    assert (await payment_client.execute(begun)).json()["appointment"]["status"] == "confirmed"
    (capture,) = await payment_client.captures(begun)
    assert capture["amount"] == {"currency_code": currency, "value": asked}
    await payment_client.owner.execute("UPDATE appointment SET status = 'canceled' WHERE id = $1", begun.appointment)
    (message,) = await payment_client.owner.fetch(
        "SELECT l.refunds FROM notification_message AS l INNER JOIN notification AS n ON l.id = n.id"
        " WHERE n.appointment_id = $1 AND n.account_id = $2 AND n.kind = 'appointment_canceled'",
        begun.appointment,
        begun.patient,
    )
    assert message["refunds"] == [f"{asked} {currency}"]


async def test_the_fee_is_the_one_at_booking(payment_client: PaymentClient, owner: Connection) -> None:
    hold = await payment_client.hold()
    await owner.execute("UPDATE doctor SET fee = 250 WHERE account_id = $1", hold.doctor)
    assert_problem(await payment_client.create(hold, "250.00"), 422, "payment_amount_matches_fee")
    begun = await payment_client.approved(hold)
    assert (await payment_client.execute(begun)).json()["payment"]["amount"] == "100.00"


async def test_a_lapsed_hold_is_renewed(payment_client: PaymentClient, approved: BegunPayment) -> None:
    await payment_client.lapse(approved)
    answer = await payment_client.execute(approved)
    assert answer.status_code == 200, answer.text
    payment, appointment = answer.json()["payment"], answer.json()["appointment"]
    assert (payment["status"], appointment["status"]) == ("captured", "confirmed")
    assert appointment["id"] == payment["appointment_id"] != approved.appointment
    assert (await payment_client.appointment(approved))["status"] == "expired"
    assert len(await payment_client.captures(approved)) == 1


async def test_a_hold_is_not_shortened_by_its_payment(payment_client: PaymentClient, hold: Hold) -> None:
    until = (await payment_client.appointment(hold))["hold_expires_at"]
    await payment_client.approved(hold)
    assert (await payment_client.appointment(hold))["hold_expires_at"] == until
    assert until > datetime.now(UTC) + timedelta(minutes=14)
