"""PayPal is down, slow or refuses: no payment is lost or made twice, and other requests are not delayed."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from asyncpg import Connection
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from app.main import create_app
from app.settings import Settings
from tests.support.factories import a_slot, make_doctor, make_patients
from tests.support.http.answers import assert_problem
from tests.support.http.bookings import post_booking
from tests.support.http.clients import api_client
from tests.support.paypal.payment_client import BegunPayment, Hold, PaymentClient
from tests.support.paypal.worker_jobs import Jobs
from tests.support.servers.http_server import serving
from tests.support.servers.tcp_proxy import TcpProxy
from tests.support.servers.worker_process import eventually


def assert_unavailable(answer: httpx.Response) -> str:
    """Check that a response reports PayPal as unavailable, with a Retry-After; return the detail."""
    assert int(answer.headers["retry-after"]) > 0
    return str(assert_problem(answer, 503, "payment_provider_unavailable")["detail"])


async def orders_of(payment_client: PaymentClient, hold: Hold) -> list[str]:
    """Return the orders at PayPal for an appointment's payments."""
    rows = await payment_client.owner.fetch("SELECT reference FROM payment WHERE appointment_id = $1", hold.appointment)
    references = {str(row["reference"]) for row in rows}
    orders = (await payment_client.fake_paypal.ledger())["orders"]
    return [order["id"] for order in orders if order["custom_id"] in references]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "error_before", "error_after", "garbage"])
async def test_create_continues_after_an_outage(payment_client: PaymentClient, fault: str, hold: Hold) -> None:
    await payment_client.fake_paypal.add_fault("create_order", fault, times=4)
    detail = assert_unavailable(await payment_client.create(hold))
    assert detail == "PayPal is not answering at the moment. Nothing was charged. Try again in a moment."
    assert await payment_client.payments_of(hold) == ["created"]
    begun = await payment_client.begin(hold)
    assert await orders_of(payment_client, hold) == [begun.order]
    assert await payment_client.payments_of(hold) == ["created"]
    await payment_client.fake_paypal.approve(begun.order)
    assert (await payment_client.execute(begun)).status_code == 200


async def test_a_payment_without_an_order(payment_client: PaymentClient, worker: Jobs, hold: Hold) -> None:
    await payment_client.fake_paypal.add_fault("create_order", "drop_before", times=4)
    assert_unavailable(await payment_client.create(hold))
    payment = await payment_client.owner.fetchval("SELECT id FROM payment WHERE appointment_id = $1", hold.appointment)
    begun = BegunPayment(*hold, payment, "")
    shown = await payment_client.show(begun)
    assert (shown["paymentId"], shown["approval_url"], shown["status"]) == (None, None, "created")
    await payment_client.make_due(begun)
    await worker.settle(begun)
    assert await payment_client.payments_of(hold) == ["created"]


async def test_an_order_that_paypal_refuses(payment_client: PaymentClient) -> None:
    await payment_client.owner.execute("UPDATE policy SET currencies = currencies || '{INR}'")
    hold = await payment_client.hold(currency="INR")  # the policy allows a currency that PayPal does not
    problem = assert_problem(await payment_client.create(hold, "100.00", "INR"), 409, "payment_refused")
    assert problem["detail"] == "PayPal refused this payment (INVALID_CURRENCY_CODE). Nothing was charged."
    assert await payment_client.payments_of(hold) == ["failed"]
    attention = "SELECT why FROM payment_attention WHERE appointment_id = $1"
    why = await payment_client.owner.fetchval(attention, hold.appointment)
    assert why == "PayPal refused the order: INVALID_CURRENCY_CODE"
    assert_problem(await payment_client.create(hold, "100.00", "INR"), 409, "payment_refused")
    assert (await payment_client.appointment(hold))["status"] == "pending"


@pytest.mark.parametrize("fault", ["drop_before", "error_before", "drop_after", "error_after", "garbage"])
async def test_the_worker_resolves_a_capture_in_doubt(
    payment_client: PaymentClient, worker: Jobs, fault: str, approved: BegunPayment
) -> None:
    await payment_client.fake_paypal.add_fault("capture_order", fault, times=4)
    await payment_client.fake_paypal.add_fault("webhook", "withhold")  # a webhook would resolve the doubt
    detail = assert_unavailable(await payment_client.execute(approved))
    assert detail.endswith("Try again in a moment to see the result. You will not be charged twice.")
    assert await payment_client.statuses(approved) == ("capturing", "pending")
    await worker.settle(approved)  # too early: the request could still be running
    assert await payment_client.statuses(approved) == ("capturing", "pending")
    await payment_client.make_due(approved)
    await worker.settle(approved)
    assert await payment_client.statuses(approved) == ("captured", "confirmed")
    assert len(await payment_client.captures(approved)) == 1
    assert (await payment_client.execute(approved)).json()["appointment"]["status"] == "confirmed"


@pytest.mark.parametrize("operation", ["token", "get_order"])
async def test_nothing_is_captured_if_in_doubt(
    settings: Settings, payment_client: PaymentClient, operation: str, approved: BegunPayment
) -> None:
    async with api_client(settings) as client:
        elsewhere = PaymentClient(client, payment_client.owner, payment_client.database, payment_client.fake_paypal)
        await payment_client.fake_paypal.add_fault(operation, "error_before", times=4)
        assert_unavailable(await elsewhere.execute(approved))
        assert await payment_client.statuses(approved) == ("created", "pending")
        assert await payment_client.captures(approved) == []
        assert (await elsewhere.execute(approved)).status_code == 200


async def test_an_expired_token_is_renewed_unnoticed(payment_client: PaymentClient, approved: BegunPayment) -> None:
    await payment_client.fake_paypal.add_fault("get_order", "unauthorized")
    await payment_client.fake_paypal.add_fault("capture_order", "unauthorized")
    assert (await payment_client.execute(approved)).status_code == 200


async def test_a_long_rate_limit_of_paypal_is_passed_on(payment_client: PaymentClient, hold: Hold) -> None:
    await payment_client.fake_paypal.add_fault("create_order", "rate_limit", seconds=1)
    await payment_client.begin(hold)
    other = await payment_client.hold(1)
    await payment_client.fake_paypal.add_fault("create_order", "rate_limit", seconds=300)
    answer = await payment_client.create(other)
    assert_unavailable(answer)
    assert answer.headers["retry-after"] == "300"


async def test_an_order_that_paypal_deleted_ends_the_payment(payment_client: PaymentClient, worker: Jobs) -> None:
    # PayPal deletes orders that are not approved for hours
    by_payer, by_worker = [
        await payment_client.rename(begun, f"GONE{begun.payment}")
        for begun in (await payment_client.begin(), await payment_client.begin(await payment_client.hold(1)))
    ]
    for _ in range(2):
        assert_problem(await payment_client.execute(by_payer), 409, "payment_refused")
    await payment_client.make_due(by_worker)
    await worker.settle(by_worker)
    for begun in (by_payer, by_worker):
        assert await payment_client.statuses(begun) == ("failed", "pending")
        assert await payment_client.attention(begun) == []


@pytest_asyncio.fixture
async def tcp_proxy(settings: Settings) -> AsyncIterator[TcpProxy]:
    """A proxy between the API and PayPal."""
    async with TcpProxy(settings.paypal_base_url, default_port=80) as tcp_proxy:
        await tcp_proxy.open()
        yield tcp_proxy


async def test_a_slow_paypal_does_not_delay_bookings(
    settings: Settings, payment_client: PaymentClient, owner: Connection, tcp_proxy: TcpProxy
) -> None:
    """30 payments wait for PayPal: three times as many as the API has connections to PostgreSQL."""
    doctor, patients = await make_doctor(owner), await make_patients(owner, 30)
    to_create = [await payment_client.hold(n) for n in range(15)]
    to_execute = [await payment_client.approved(await payment_client.hold(n)) for n in range(15)]
    app = create_app(replace(settings, paypal_base_url=tcp_proxy.url))
    async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=60) as client:
        (pool,) = [value.pool for value in app.state.values() if isinstance(value, AsyncEngine)]
        assert isinstance(pool, QueuePool)
        elsewhere = PaymentClient(client, owner, payment_client.database, payment_client.fake_paypal)
        await elsewhere.begin()  # fetches the access token, which all would wait for
        tcp_proxy.flowing.clear()
        payments = [asyncio.create_task(elsewhere.create(hold)) for hold in to_create]
        payments += [asyncio.create_task(elsewhere.execute(begun)) for begun in to_execute]

        async def all_wait_and_hold_no_connection() -> bool:
            assert not any(payment.done() for payment in payments)
            return tcp_proxy.connections >= 30 and pool.checkedout() == 0

        await eventually(all_wait_and_hold_no_connection, seconds=30)
        bookings = [post_booking(client, patient, doctor, a_slot(n)) for n, patient in enumerate(patients)]
        assert [answer.status_code for answer in await asyncio.gather(*bookings)] == [201] * 30
        tcp_proxy.flowing.set()
        await asyncio.wait(payments)
        for hold in to_create:
            assert (await elsewhere.create(hold)).status_code == 201
        for begun in to_execute:
            assert (await elsewhere.execute(begun)).status_code == 200


async def test_a_capture_that_takes_longer_than_a_request_may(payment_client: PaymentClient, worker: Jobs) -> None:
    begun = await payment_client.approved()
    await payment_client.fake_paypal.add_fault("capture_order", "slow_before", seconds=12)
    assert_unavailable(await payment_client.execute(begun))
    await payment_client.wait_for_webhook(begun, "PAYMENT.CAPTURE.COMPLETED")
    await worker.settle(begun)
    assert await payment_client.statuses(begun) == ("captured", "confirmed")
    assert len(await payment_client.captures(begun)) == 1


async def test_a_capture_that_was_interrupted_is_reported(
    payment_client: PaymentClient, owner: Connection, approved: BegunPayment
) -> None:
    row = await payment_client.payment(approved)
    begin = "SELECT * FROM begin_capture($1, 'QYR5Z8XDVJNXQ', 100, 'USD', $2)"
    await owner.fetch(begin, approved.payment, str(row["reference"]))  # as if the process died after this
    answer = await payment_client.execute(approved)
    assert answer.status_code == 200
    assert answer.json()["payment"]["status"] == "capturing"
    assert answer.json()["appointment"]["status"] == "pending"
