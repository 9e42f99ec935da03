"""The pages that PayPal sends the payer's browser to: they show the payment's status and change nothing."""

import re

import pytest
from asyncpg import Connection
from httpx import AsyncClient

from tests.support.http.answers import assert_problem
from tests.support.paypal.payment_client import PAYMENTS, BegunPayment, PaymentClient
from tests.support.paypal.worker_jobs import Jobs

ROWS = "SELECT to_jsonb(p) FROM payment AS p UNION ALL SELECT to_jsonb(a) FROM appointment AS a"


async def read(payment_client: PaymentClient, page: str, order: str, **more: str) -> tuple[str, str]:
    """Open a page as a browser does; return its heading and its text."""
    query, headers = {"token": order, **more}, {"Accept": "text/html"}
    answer = await payment_client.client.get(f"{PAYMENTS}{page}/", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    found = re.search(r"<h1>(.*)</h1>\n<p>(.*)</p>", answer.text)
    assert found
    return found[1], found[2]


async def heading(payment_client: PaymentClient, page: str, begun: BegunPayment) -> str:
    return (await read(payment_client, page, begun.order))[0]


async def test_the_return_page_after_an_approval(payment_client: PaymentClient, begun: BegunPayment) -> None:
    back = await payment_client.fake_paypal.approve(begun.order)
    assert (back.status_code, back.headers["location"]) == (
        303,
        f"http://localhost:8000/api/payments/return/?token={begun.order}&PayerID=QYR5Z8XDVJNXQ",
    )
    title, text = await read(payment_client, "return", begun.order, PayerID="QYR5Z8XDVJNXQ")
    assert title == "Almost done"
    assert text == (
        "When PayPal has confirmed your approval, we will send you a mail about your appointment. "
        "You may close this page and go back to your booking app."
    )


async def test_each_status_has_its_heading(payment_client: PaymentClient, worker: Jobs) -> None:
    paid, canceled, given_up, failed = [
        await payment_client.approved(await payment_client.hold(number)) for number in range(4)
    ]
    await payment_client.execute(paid)
    await payment_client.execute(canceled)
    await payment_client.give_up(given_up)
    await payment_client.fake_paypal.add_fault("capture_order", "declined")
    await payment_client.execute(failed)
    for page in ("return", "cancel"):
        headings = [await heading(payment_client, page, begun) for begun in (paid, given_up, failed)]
        assert headings == ["Paid", "Not paid", "Not paid"]
    assert (await payment_client.cancel(canceled)).status_code == 200
    assert await read(payment_client, "return", canceled.order) == (
        "Refund",
        "This appointment does not take place. You receive a full refund and a mail about it.",
    )
    await worker.settle(canceled)
    assert await heading(payment_client, "return", canceled) == "Refund"


async def test_under_review(payment_client: PaymentClient, approved: BegunPayment) -> None:
    await payment_client.fake_paypal.add_fault("capture_order", "pending")
    await payment_client.execute(approved)
    assert await heading(payment_client, "return", approved) == "One moment"


async def test_the_payer_may_still_pay_after_turning_back(payment_client: PaymentClient, begun: BegunPayment) -> None:
    back = await payment_client.fake_paypal.post(f"/checkoutnow/cancel?token={begun.order}")
    assert back.headers["location"] == f"http://localhost:8000/api/payments/cancel/?token={begun.order}"
    title, text = await read(payment_client, "cancel", begun.order)
    assert title == "Not paid"
    assert text == "You have not paid. Until your hold on the slot ends, you can pay in your booking app."
    assert await payment_client.statuses(begun) == ("created", "pending")
    await payment_client.fake_paypal.approve(begun.order)
    assert (await payment_client.execute(begun)).status_code == 200


async def test_the_doctor_canceled_before_the_payment(payment_client: PaymentClient, approved: BegunPayment) -> None:
    await payment_client.cancel_as_doctor(approved)
    for page in ("return", "cancel"):
        title, text = await read(payment_client, page, approved.order)
        assert title == "Not paid"
        assert text == "Your slot is no longer held. You were not charged. To book again, open your booking app."


@pytest.mark.parametrize("page", ["return", "cancel"])
@pytest.mark.parametrize("order", ["", "5O190127TN364715T", "<script>alert(1)</script>", "' OR 1=1 --", "é"])
async def test_an_unknown_order(payment_client: PaymentClient, page: str, order: str) -> None:
    assert (await read(payment_client, page, order))[0] == "Unknown payment"


@pytest.mark.parametrize("page", ["return", "cancel"])
async def test_opening_a_page_changes_nothing(
    payment_client: PaymentClient, owner: Connection, page: str, approved: BegunPayment
) -> None:
    await payment_client.wait_for_webhook(approved, "CHECKOUT.ORDER.APPROVED")
    before = {row[0] for row in await owner.fetch(ROWS)}
    for path in (f"{PAYMENTS}{page}", f"{PAYMENTS}{page}/"):
        answer = await payment_client.client.get(path, params={"token": approved.order})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "<script" not in answer.text
        assert "<form" not in answer.text
        assert approved.order not in answer.text
    assert {row[0] for row in await owner.fetch(ROWS)} == before
    assert await payment_client.captures(approved) == []


@pytest.mark.parametrize("query", ["token=a%00b", "token=%FF", "token=" + "x" * 65])
async def test_a_broken_address(client: AsyncClient, query: str) -> None:
    assert_problem(await client.get(f"{PAYMENTS}return/?{query}"), 400, "invalid_request")
