"""Payments that are not to be: of others, by others, too late. Nothing is charged, nothing written."""

from typing import Any

import asyncpg
import httpx
import pytest

from tests.support.factories import SLOT, a_slot, bearer, book, make_doctor, make_patient
from tests.support.http.answers import assert_problem
from tests.support.http.appointment_actions import as_doctor
from tests.support.paypal.payment_client import PAYMENTS, Bill, Teller

# a webhook that comes by at this time changes when the worker looks next, and no more
EVERYTHING = """
    SELECT to_jsonb(p) - 'due_at' FROM payment AS p UNION SELECT to_jsonb(r) FROM refund AS r
    UNION SELECT to_jsonb(a) FROM appointment AS a UNION SELECT to_jsonb(n) FROM notification AS n
"""


async def written(owner: asyncpg.Connection) -> set[str]:
    """Return every row that a payment could touch."""
    return {row[0] for row in await owner.fetch(EVERYTHING)}


async def refuse(answer: httpx.Response, status: int, code: str, teller: Teller, bill: Bill) -> dict[str, Any]:
    """Check that an execution was refused and changed nothing; return the problem."""
    problem = assert_problem(answer, status, code)
    assert await teller.captures(bill) == []
    assert await teller.mails(bill) == []
    return problem


async def test_somebody_elses_payment_does_not_exist(teller: Teller, owner: asyncpg.Connection) -> None:
    bill = await teller.approved()
    before, stranger = await written(owner), bill._replace(patient=await make_patient(owner))
    for answer in (
        await teller.create(stranger),
        await teller.execute(stranger),
        await teller.give_up(stranger),
        await teller.client.get(f"{PAYMENTS}{bill.payment}/", headers=bearer(stranger.patient, "patient")),
    ):
        await refuse(answer, 404, "not_found", teller, bill)
    assert await written(owner) == before
    assert (await teller.execute(bill)).status_code == 200


async def test_what_does_not_exist(teller: Teller) -> None:
    patient = (await teller.hold()).patient
    nowhere = Bill(0, patient, 2_147_483_647, 2_147_483_647, "5O190127TN364715T")
    for answer, what in (
        (await teller.create(nowhere), "appointment"),
        (await teller.execute(nowhere), "payment"),
        (await teller.give_up(nowhere), "payment"),
        (await teller.client.get(f"{PAYMENTS}{nowhere.payment}/", headers=bearer(patient, "patient")), "payment"),
    ):
        assert assert_problem(answer, 404, "not_found")["detail"] == f"There is no such {what}."


async def test_only_patients_pay(teller: Teller, owner: asyncpg.Connection) -> None:
    bill = await teller.approved()
    before = await written(owner)
    bodies: dict[str, dict[str, Any]] = {
        "create": {"appointment_id": bill.appointment, "amount": "100.00", "currency": "USD"},
        "execute": {"paymentId": bill.order, "PayerID": "QYR5Z8XDVJNXQ"},
        "cancel": {"paymentId": bill.order},
    }
    calls = [("POST", f"{PAYMENTS}{call}/", body) for call, body in bodies.items()]
    for method, path, body in [*calls, ("GET", f"{PAYMENTS}{bill.payment}/", None)]:
        for headers, status, code in (
            ({}, 401, "unauthorized"),
            ({"Authorization": "Bearer x"}, 401, "unauthorized"),
            (bearer(bill.doctor, "doctor"), 403, "forbidden"),
        ):
            answer = await teller.client.request(method, path, headers=headers, json=body)
            await refuse(answer, status, code, teller, bill)
    assert await written(owner) == before


async def test_another_payer(teller: Teller) -> None:
    bill = await teller.approved()
    problem = await refuse(await teller.execute(bill, "ABCDEFGHJKLMN"), 422, "payment_payer_mismatch", teller, bill)
    assert problem["detail"] == "Somebody else has approved this payment."
    assert await teller.statuses(bill) == ("created", "pending")
    assert (await teller.execute(bill)).status_code == 200


TRICKS = ["", ".", "..", "../../v1/oauth2/token", "%2e%2e%2f", "x/capture", "x?y=1", "x#y", "x y", "x\n", "x\x00", "é"]


@pytest.mark.parametrize("trick", [*TRICKS, "x" * 65, 1, None, ["x"]])
async def test_a_payment_id_that_is_a_path(teller: Teller, trick: object) -> None:
    bill = await teller.approved()
    payer = {"PayerID": "QYR5Z8XDVJNXQ"}
    tricks: list[tuple[str, dict[str, Any], str]] = [
        ("execute", {"paymentId": trick, **payer}, "paymentId"),
        ("execute", {"token": trick, **payer}, "token"),
        ("execute", {"paymentId": bill.order, "PayerID": trick}, "PayerID"),
        ("cancel", {"paymentId": trick}, "paymentId"),
    ]
    for call, body, field in tricks:
        problem = assert_problem(await teller.call(bill.patient, call, **body), 400, "invalid_request")
        assert [error["field"] for error in problem["errors"]] == [field]
    assert await teller.captures(bill) == []


async def test_the_payment_is_named_once(teller: Teller) -> None:
    bill = await teller.approved()
    both: dict[str, Any] = {"paymentId": bill.order, "token": bill.order, "PayerID": "QYR5Z8XDVJNXQ"}
    neither: dict[str, Any] = {"PayerID": "QYR5Z8XDVJNXQ"}
    for body in (both, neither):
        problem = assert_problem(await teller.call(bill.patient, "execute", **body), 400, "invalid_request")
        assert problem["detail"] == "Give one of `paymentId` and `token`."
    assert await teller.captures(bill) == []


async def test_a_canceled_appointment_is_not_paid_for(client: httpx.AsyncClient, teller: Teller) -> None:
    bill = await teller.approved()
    assert (await as_doctor(client, bill.doctor, bill.appointment, "doctor_cancel")).status_code == 200
    problem = assert_problem(await teller.execute(bill), 409, "payment_status_transition")
    assert problem["detail"] == "This payment was canceled; nothing was charged."
    assert await teller.statuses(bill) == ("canceled", "canceled")
    assert await teller.captures(bill) == []


async def test_a_lapsed_hold_whose_slot_somebody_else_has(teller: Teller, owner: asyncpg.Connection) -> None:
    bill = await teller.approved()
    await teller.lapse(bill)
    await book(owner, await make_patient(owner), bill.doctor, a_slot())
    problem = assert_problem(await teller.execute(bill), 409, "appointment_doctor_no_overlap")
    assert problem["detail"] == "This slot is taken."
    assert await teller.captures(bill) == []
    assert await teller.statuses(bill) == ("canceled", "expired")
    assert await teller.mails(bill) == [("payment_too_late", bill.patient)]
    assert_problem(await teller.execute(bill), 409, "payment_status_transition")
    assert await teller.captures(bill) == []
    assert len(await teller.mails(bill)) == 1


async def test_a_lapsed_hold_at_a_time_that_is_now_off(teller: Teller, owner: asyncpg.Connection) -> None:
    bill = await teller.approved()
    await teller.lapse(bill)
    await owner.execute(
        "INSERT INTO time_off (doctor_id, during) VALUES ($1, tstzrange($2, $3))",
        bill.doctor,
        a_slot(),
        a_slot() + SLOT,
    )
    problem = assert_problem(await teller.execute(bill), 422, "appointment_within_working_hours")
    assert problem["detail"]
    assert await teller.captures(bill) == []
    assert await teller.mails(bill) == [("payment_too_late", bill.patient)]


async def test_a_lapsed_hold_of_a_patient_who_is_elsewhere_then(teller: Teller, owner: asyncpg.Connection) -> None:
    bill = await teller.approved()
    await teller.lapse(bill)
    await book(owner, bill.patient, await make_doctor(owner), a_slot())
    assert_problem(await teller.execute(bill), 409, "appointment_patient_no_overlap")
    assert await teller.captures(bill) == []
