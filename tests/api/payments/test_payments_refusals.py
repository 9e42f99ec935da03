"""Payments that are not to be: of others, by others, too late. Nothing is charged, nothing written."""

from typing import Any

import asyncpg
import httpx
import pytest

from app.domain.fields import MAX_ID
from tests.support.factories import SLOT, a_slot, bearer, book, make_doctor, make_patient
from tests.support.http.answers import assert_problem
from tests.support.http.appointment_actions import as_doctor
from tests.support.paypal.payment_client import PAYMENTS, BegunPayment, PaymentClient

# a webhook that comes by at this time changes when the worker looks next, and no more
EVERYTHING = """
    SELECT to_jsonb(p) - 'due_at' FROM payment AS p UNION SELECT to_jsonb(r) FROM refund AS r
    UNION SELECT to_jsonb(a) FROM appointment AS a UNION SELECT to_jsonb(n) FROM notification AS n
"""


async def written(owner: asyncpg.Connection) -> set[str]:
    """Return every row that a payment could touch."""
    return {row[0] for row in await owner.fetch(EVERYTHING)}


async def refuse(
    answer: httpx.Response, status: int, code: str, payment_client: PaymentClient, begun: BegunPayment
) -> dict[str, Any]:
    """Check that an execution was refused and changed nothing; return the problem."""
    problem = assert_problem(answer, status, code)
    assert await payment_client.captures(begun) == []
    assert await payment_client.mails(begun) == []
    return problem


async def test_somebody_elses_payment_does_not_exist(payment_client: PaymentClient, owner: asyncpg.Connection) -> None:
    begun = await payment_client.approved()
    before, stranger = await written(owner), begun._replace(patient=await make_patient(owner))
    for answer in (
        await payment_client.create(stranger),
        await payment_client.execute(stranger),
        await payment_client.give_up(stranger),
        await payment_client.client.get(f"{PAYMENTS}{begun.payment}/", headers=bearer(stranger.patient, "patient")),
    ):
        await refuse(answer, 404, "not_found", payment_client, begun)
    assert await written(owner) == before
    assert (await payment_client.execute(begun)).status_code == 200


async def test_what_does_not_exist(payment_client: PaymentClient) -> None:
    patient = (await payment_client.hold()).patient
    nowhere = BegunPayment(0, patient, MAX_ID, MAX_ID, "5O190127TN364715T")
    for answer, what in (
        (await payment_client.create(nowhere), "appointment"),
        (await payment_client.execute(nowhere), "payment"),
        (await payment_client.give_up(nowhere), "payment"),
        (
            await payment_client.client.get(f"{PAYMENTS}{nowhere.payment}/", headers=bearer(patient, "patient")),
            "payment",
        ),
    ):
        assert assert_problem(answer, 404, "not_found")["detail"] == f"There is no such {what}."


async def test_only_patients_pay(payment_client: PaymentClient, owner: asyncpg.Connection) -> None:
    begun = await payment_client.approved()
    before = await written(owner)
    bodies: dict[str, dict[str, Any]] = {
        "create": {"appointment_id": begun.appointment, "amount": "100.00", "currency": "USD"},
        "execute": {"paymentId": begun.order, "PayerID": "QYR5Z8XDVJNXQ"},
        "cancel": {"paymentId": begun.order},
    }
    calls = [("POST", f"{PAYMENTS}{call}/", body) for call, body in bodies.items()]
    for method, path, body in [*calls, ("GET", f"{PAYMENTS}{begun.payment}/", None)]:
        for headers, status, code in (
            ({}, 401, "unauthorized"),
            ({"Authorization": "Bearer x"}, 401, "unauthorized"),
            (bearer(begun.doctor, "doctor"), 403, "forbidden"),
        ):
            answer = await payment_client.client.request(method, path, headers=headers, json=body)
            await refuse(answer, status, code, payment_client, begun)
    assert await written(owner) == before


async def test_another_payer(payment_client: PaymentClient) -> None:
    begun = await payment_client.approved()
    problem = await refuse(
        await payment_client.execute(begun, "ABCDEFGHJKLMN"), 422, "payment_payer_mismatch", payment_client, begun
    )
    assert problem["detail"] == "A different payer has approved this payment."
    assert await payment_client.statuses(begun) == ("created", "pending")
    assert (await payment_client.execute(begun)).status_code == 200


TRICKS = ["", ".", "..", "../../v1/oauth2/token", "%2e%2e%2f", "x/capture", "x?y=1", "x#y", "x y", "x\n", "x\x00", "é"]


@pytest.mark.parametrize("trick", [*TRICKS, "x" * 65, 1, None, ["x"]])
async def test_a_payment_id_that_is_a_path(payment_client: PaymentClient, trick: object) -> None:
    begun = await payment_client.approved()
    payer = {"PayerID": "QYR5Z8XDVJNXQ"}
    tricks: list[tuple[str, dict[str, Any], str]] = [
        ("execute", {"paymentId": trick, **payer}, "paymentId"),
        ("execute", {"token": trick, **payer}, "token"),
        ("execute", {"paymentId": begun.order, "PayerID": trick}, "PayerID"),
        ("cancel", {"paymentId": trick}, "paymentId"),
    ]
    for call, body, field in tricks:
        problem = assert_problem(await payment_client.call(begun.patient, call, **body), 400, "invalid_request")
        assert [error["field"] for error in problem["errors"]] == [field]
    assert await payment_client.captures(begun) == []


async def test_the_payment_is_named_once(payment_client: PaymentClient) -> None:
    begun = await payment_client.approved()
    both: dict[str, Any] = {"paymentId": begun.order, "token": begun.order, "PayerID": "QYR5Z8XDVJNXQ"}
    neither: dict[str, Any] = {"PayerID": "QYR5Z8XDVJNXQ"}
    for body in (both, neither):
        problem = assert_problem(await payment_client.call(begun.patient, "execute", **body), 400, "invalid_request")
        assert problem["detail"] == "Give one of `paymentId` and `token`."
    assert await payment_client.captures(begun) == []


async def test_a_canceled_appointment_is_not_paid_for(client: httpx.AsyncClient, payment_client: PaymentClient) -> None:
    begun = await payment_client.approved()
    assert (await as_doctor(client, begun.doctor, begun.appointment, "doctor_cancel")).status_code == 200
    problem = assert_problem(await payment_client.execute(begun), 409, "payment_status_transition")
    assert problem["detail"] == "This payment was canceled. Nothing was charged."
    assert await payment_client.statuses(begun) == ("canceled", "canceled")
    assert await payment_client.captures(begun) == []


async def test_a_lapsed_hold_whose_slot_somebody_else_has(
    payment_client: PaymentClient, owner: asyncpg.Connection
) -> None:
    begun = await payment_client.approved()
    await payment_client.lapse(begun)
    await book(owner, await make_patient(owner), begun.doctor, a_slot())
    problem = assert_problem(await payment_client.execute(begun), 409, "appointment_doctor_no_overlap")
    assert problem["detail"] == "This slot is taken."
    assert await payment_client.captures(begun) == []
    assert await payment_client.statuses(begun) == ("canceled", "expired")
    assert await payment_client.mails(begun) == [("payment_too_late", begun.patient)]
    assert_problem(await payment_client.execute(begun), 409, "payment_status_transition")
    assert await payment_client.captures(begun) == []
    assert len(await payment_client.mails(begun)) == 1


async def test_a_lapsed_hold_at_a_time_that_is_now_off(
    payment_client: PaymentClient, owner: asyncpg.Connection
) -> None:
    begun = await payment_client.approved()
    await payment_client.lapse(begun)
    await owner.execute(
        "INSERT INTO time_off (doctor_id, during) VALUES ($1, tstzrange($2, $3))",
        begun.doctor,
        a_slot(),
        a_slot() + SLOT,
    )
    problem = assert_problem(await payment_client.execute(begun), 422, "appointment_within_working_hours")
    assert problem["detail"]
    assert await payment_client.captures(begun) == []
    assert await payment_client.mails(begun) == [("payment_too_late", begun.patient)]


async def test_a_lapsed_hold_of_a_patient_who_is_elsewhere_then(
    payment_client: PaymentClient, owner: asyncpg.Connection
) -> None:
    begun = await payment_client.approved()
    await payment_client.lapse(begun)
    await book(owner, begun.patient, await make_doctor(owner), a_slot())
    assert_problem(await payment_client.execute(begun), 409, "appointment_patient_no_overlap")
    assert await payment_client.captures(begun) == []
