"""Payments that are refused because of the caller, the payer, the amount, the currency or the appointment."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from asyncpg import Connection

from app.domain.fields import MAX_ID
from tests.support.factories import a_slot, bearer, book, make_doctor, make_patient
from tests.support.http.answers import assert_invalid, assert_problem, json_of
from tests.support.http.idempotent_requests import capture_request, giving_up_request, payment_request
from tests.support.http.valid_requests import TAKE_OFF
from tests.support.paypal.payment_client import PAYMENTS, BegunPayment, Hold, PaymentClient

# without due_at, which a webhook of another test may change meanwhile
EVERYTHING = """
    SELECT to_jsonb(p) - 'due_at' FROM payment AS p UNION SELECT to_jsonb(r) FROM refund AS r
    UNION SELECT to_jsonb(a) FROM appointment AS a UNION SELECT to_jsonb(n) FROM notification AS n
"""


async def written(owner: Connection) -> set[str]:
    """Return every row that a payment could change."""
    return {row[0] for row in await owner.fetch(EVERYTHING)}


@pytest.mark.parametrize(
    ("caller", "status", "code"),
    [
        ("stranger", 404, "not_found"),
        ("doctor", 403, "forbidden"),
        ("anonymous", 401, "unauthorized"),
        ("forged", 401, "unauthorized"),
    ],
)
async def test_only_the_patient_pays(
    payment_client: PaymentClient, owner: Connection, approved: BegunPayment, caller: str, status: int, code: str
) -> None:
    headers = {
        "stranger": bearer(await make_patient(owner), "patient"),
        "doctor": bearer(approved.doctor, "doctor"),
        "anonymous": {},
        "forged": {"Authorization": "Bearer x"},
    }[caller]
    before = await written(owner)
    for request in (payment_request(approved.hold), capture_request(approved), giving_up_request(approved)):
        answer = await request._replace(headers=headers).send(payment_client.client)
        assert_problem(answer, status, code)
    assert_problem(await payment_client.client.get(f"{PAYMENTS}{approved.payment}/", headers=headers), status, code)
    assert await payment_client.captures(approved) == []
    assert await written(owner) == before
    assert (await payment_client.execute(approved)).status_code == 200


async def test_what_does_not_exist(payment_client: PaymentClient, patient: int) -> None:
    nowhere = BegunPayment(0, patient, MAX_ID, MAX_ID, "5O190127TN364715T")
    for answer, what in (
        (await payment_client.create(nowhere), "appointment"),
        (await payment_client.execute(nowhere), "payment"),
        (await payment_client.give_up(nowhere), "payment"),
        (await payment_client.client.get(f"{PAYMENTS}{MAX_ID}/", headers=bearer(patient, "patient")), "payment"),
    ):
        assert assert_problem(answer, 404, "not_found")["detail"] == f"There is no such {what}."


async def test_another_payer(payment_client: PaymentClient, approved: BegunPayment) -> None:
    problem = assert_problem(await payment_client.execute(approved, "ABCDEFGHJKLMN"), 422, "payment_payer_mismatch")
    assert problem["detail"] == "A different payer has approved this payment."
    assert await payment_client.statuses(approved) == ("created", "pending")
    assert await payment_client.captures(approved) == []
    assert await payment_client.mails(approved) == []
    assert (await payment_client.execute(approved)).status_code == 200


TRICKS = ["", ".", "..", "../../v1/oauth2/token", "%2e%2e%2f", "x/capture", "x?y=1", "x#y", "x y", "x\n", "x\x00", "é"]


@pytest.mark.parametrize("trick", [*TRICKS, "x" * 65, 1, None, ["x"]])
async def test_a_malformed_payment_id(payment_client: PaymentClient, approved: BegunPayment, trick: object) -> None:
    payer = {"PayerID": "QYR5Z8XDVJNXQ"}
    tricks: list[tuple[str, dict[str, Any], str]] = [
        ("execute", {"paymentId": trick, **payer}, "paymentId"),
        ("execute", {"token": trick, **payer}, "token"),
        ("execute", {"paymentId": approved.order, "PayerID": trick}, "PayerID"),
        ("cancel", {"paymentId": trick}, "paymentId"),
    ]
    for call, body, field in tricks:
        assert_invalid(await payment_client.call(approved.patient, call, **body), field)
    assert await payment_client.captures(approved) == []


async def test_the_payment_has_one_id(payment_client: PaymentClient, approved: BegunPayment) -> None:
    both: dict[str, Any] = {"paymentId": approved.order, "token": approved.order, "PayerID": "QYR5Z8XDVJNXQ"}
    neither: dict[str, Any] = {"PayerID": "QYR5Z8XDVJNXQ"}
    for body in (both, neither):
        problem = assert_problem(await payment_client.call(approved.patient, "execute", **body), 400, "invalid_request")
        assert problem["detail"] == "Give one of `paymentId` and `token`."
    assert await payment_client.captures(approved) == []


async def test_a_canceled_appointment_is_not_paid_for(payment_client: PaymentClient, approved: BegunPayment) -> None:
    json_of(await payment_client.cancel_as_doctor(approved))
    problem = assert_problem(await payment_client.execute(approved), 409, "payment_status_transition")
    assert problem["detail"] == "This payment was canceled. Nothing was charged."
    assert await payment_client.statuses(approved) == ("canceled", "canceled")
    assert await payment_client.captures(approved) == []


async def take_slot(owner: Connection, begun: BegunPayment) -> None:
    await book(owner, await make_patient(owner), begun.doctor, a_slot())


async def take_time_off(owner: Connection, begun: BegunPayment) -> None:
    await owner.fetch(TAKE_OFF, begun.doctor, asyncpg.Range(a_slot(), a_slot(1)))


async def book_elsewhere(owner: Connection, begun: BegunPayment) -> None:
    await book(owner, begun.patient, await make_doctor(owner), a_slot())


@pytest.mark.parametrize(
    ("happens", "status", "code", "detail"),
    [
        (take_slot, 409, "appointment_doctor_no_overlap", "This slot is taken."),
        (take_time_off, 422, "appointment_within_working_hours", "The doctor is away at that time."),
        (book_elsewhere, 409, "appointment_patient_no_overlap", "The patient has another appointment at that time."),
    ],
    ids=["slot taken", "time off", "patient elsewhere"],
)
async def test_a_lapsed_hold_whose_slot_is_gone(
    payment_client: PaymentClient,
    owner: Connection,
    approved: BegunPayment,
    happens: Callable[[Connection, BegunPayment], Awaitable[None]],
    status: int,
    code: str,
    detail: str,
) -> None:
    await payment_client.lapse(approved)
    await happens(owner, approved)
    problem = assert_problem(await payment_client.execute(approved), status, code)
    assert problem["detail"] == detail
    assert await payment_client.captures(approved) == []
    swept = "pending" if happens is take_time_off else "expired"  # a booking sweeps lapsed holds
    assert await payment_client.statuses(approved) == ("canceled", swept)
    assert await payment_client.mails(approved) == [("payment_too_late", approved.patient)]
    assert_problem(await payment_client.execute(approved), 409, "payment_status_transition")
    assert await payment_client.captures(approved) == []
    assert len(await payment_client.mails(approved)) == 1


MALFORMED = ["", " 100.00", "100.00 ", "100.00\n", "1e2", "NaN", "Infinity", "-100", "-100.00", "+100.00", "100.001"]
MALFORMED += ["100,00", "100.", ".5", "0x64", "1_00", "٣٠٠", "9" * 30, "0" * 30 + "100.00", "100.00\x00"]


async def refused(
    payment_client: PaymentClient, hold: Hold | BegunPayment, status: int, code: str, **fields: object
) -> dict[str, Any]:
    """Check that a payment is refused, here and without an order at PayPal; return the problem."""
    before = await payment_client.orders(), await payment_client.payments_of(hold)
    problem = assert_problem(await payment_client.create(hold, **fields), status, code)
    assert (await payment_client.orders(), await payment_client.payments_of(hold)) == before
    return problem


@pytest.mark.parametrize("amount", [*MALFORMED, 100, 100.0, 1e30, None, True, ["100.00"], {"value": "100.00"}])
async def test_a_malformed_amount(payment_client: PaymentClient, hold: Hold, amount: object) -> None:
    problem = await refused(payment_client, hold, 400, "invalid_request", amount=amount)
    assert [error["field"] for error in problem["errors"]] == ["amount"]


@pytest.mark.parametrize("amount", ["0.01", "0", "0.00", "99.99", "100.01", "1.00", "10000.00", "9999999999.99"])
async def test_another_amount(payment_client: PaymentClient, hold: Hold, amount: str) -> None:
    problem = await refused(payment_client, hold, 422, "payment_amount_matches_fee", amount=amount)
    assert problem["detail"] == "This appointment costs 100.00 USD."


@pytest.mark.parametrize(
    ("currency", "status", "code"),
    [
        *((other, 422, "payment_amount_matches_fee") for other in ("EUR", "JPY", "XXX")),
        *((wrong, 400, "invalid_request") for wrong in ("usd", "US", "USDT", "", " USD", "USD\n", "$", 840, None)),
    ],
)
async def test_another_currency(
    payment_client: PaymentClient, hold: Hold, currency: object, status: int, code: str
) -> None:
    await refused(payment_client, hold, status, code, currency=currency)


async def test_a_begun_payment_takes_no_other_amount(payment_client: PaymentClient, begun: BegunPayment) -> None:
    for other in ({"amount": "0.01"}, {"currency": "EUR"}):
        await refused(payment_client, begun, 422, "payment_amount_matches_fee", **other)
    assert await payment_client.payments_of(begun) == ["created"]


async def assert_nothing_to_pay(payment_client: PaymentClient, hold: Hold | BegunPayment, detail: str) -> None:
    """Check that an appointment cannot be paid for, and the reason that is given."""
    assert (await refused(payment_client, hold, 409, "payment_appointment_payable"))["detail"] == detail


async def test_a_paid_appointment(payment_client: PaymentClient, paid: BegunPayment) -> None:
    await assert_nothing_to_pay(payment_client, paid, "This appointment is confirmed. There is nothing to pay.")


async def test_a_canceled_appointment(payment_client: PaymentClient, hold: Hold) -> None:
    assert (await payment_client.cancel(hold)).status_code == 200
    await assert_nothing_to_pay(payment_client, hold, "This appointment is canceled. There is nothing to pay.")


@pytest.mark.parametrize("begin", [False, True])
async def test_a_lapsed_hold(payment_client: PaymentClient, hold: Hold, begin: bool) -> None:
    if begin:
        await payment_client.begin(hold)
    await payment_client.lapse(hold)
    lapsed = "The hold on this slot has lapsed. Book the slot again to pay for it."
    await assert_nothing_to_pay(payment_client, hold, lapsed)
    await payment_client.sweep(hold)
    assert (await payment_client.appointment(hold))["status"] == "expired"
    await assert_nothing_to_pay(payment_client, hold, lapsed)


async def test_a_free_appointment(payment_client: PaymentClient) -> None:
    hold = await payment_client.hold(fee=0)
    problem = await refused(payment_client, hold, 409, "payment_appointment_payable", amount="0.00")
    assert problem["detail"] == "This appointment is confirmed. There is nothing to pay."
    await refused(payment_client, hold, 422, "payment_amount_matches_fee")
    assert await payment_client.payments_of(hold) == []
