"""PayPal away, slow, or against it: no payment is lost, none is made twice, and nobody else waits for it."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
import pytest_asyncio
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from app.main import create_app
from app.settings import Settings
from tests.support.factories import a_slot, make_doctor, make_patients
from tests.support.http.answers import assert_problem
from tests.support.http.bookings import post_booking
from tests.support.paypal.payment_client import Bill, Hold, Teller
from tests.support.paypal.worker_jobs import Jobs
from tests.support.servers.http_server import serving
from tests.support.servers.tcp_proxy import Gate
from tests.support.servers.worker_process import eventually


def assert_unavailable(answer: httpx.Response) -> str:
    """Check that an answer says that PayPal is away, and when to ask again; return what it says."""
    problem = assert_problem(answer, 503, "payment_provider_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    detail: str = problem["detail"]
    return detail


async def orders_of(teller: Teller, hold: Hold) -> list[str]:
    """Return the orders at PayPal that were made for an appointment's payments."""
    rows = await teller.owner.fetch("SELECT reference FROM payment WHERE appointment_id = $1", hold.appointment)
    references = {str(row["reference"]) for row in rows}
    return [order["id"] for order in (await teller.till.books())["orders"] if order["custom_id"] in references]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "error_before", "error_after", "garbage"])
async def test_create_goes_on_where_paypal_was_away(teller: Teller, fault: str) -> None:
    hold = await teller.hold()
    await teller.till.have("create_order", fault, times=4)
    detail = assert_unavailable(await teller.create(hold))
    assert detail == "PayPal does not answer just now. Nothing was charged; ask again in a moment."
    assert await teller.payments_of(hold) == ["created"]
    bill = await teller.begin(hold)
    assert await orders_of(teller, hold) == [bill.order]
    assert await teller.payments_of(hold) == ["created"]
    await teller.till.approve(bill.order)
    assert (await teller.execute(bill)).status_code == 200


async def test_a_payment_without_an_order_yet_can_be_looked_at_and_settles_nothing(
    teller: Teller, worker: Jobs
) -> None:
    hold = await teller.hold()
    await teller.till.have("create_order", "drop_before", times=4)
    assert_unavailable(await teller.create(hold))
    payment = await teller.owner.fetchval("SELECT id FROM payment WHERE appointment_id = $1", hold.appointment)
    bill = Bill(*hold, payment, "")
    shown = await teller.show(bill)
    assert (shown["paymentId"], shown["approval_url"], shown["status"]) == (None, None, "created")
    await teller.time_passes(bill)
    await worker.settle(bill)
    assert await teller.payments_of(hold) == ["created"]


async def test_an_order_that_paypal_refuses(teller: Teller) -> None:
    await teller.owner.execute("UPDATE policy SET currencies = currencies || '{INR}'")
    hold = await teller.hold(currency="INR")  # the policy allows what PayPal does not take
    problem = assert_problem(await teller.create(hold, "100.00", "INR"), 409, "payment_refused")
    assert problem["detail"] == "PayPal refuses this payment (INVALID_CURRENCY_CODE); nothing was charged."
    assert await teller.payments_of(hold) == ["failed"]
    (why,) = await teller.owner.fetch("SELECT why FROM payment_attention WHERE appointment_id = $1", hold.appointment)
    assert why["why"] == "PayPal makes no order: INVALID_CURRENCY_CODE"
    assert_problem(await teller.create(hold, "100.00", "INR"), 409, "payment_refused")
    assert (await teller.appointment(hold))["status"] == "pending"


@pytest.mark.parametrize("fault", ["drop_before", "error_before", "drop_after", "error_after", "garbage"])
async def test_a_capture_that_is_in_doubt_is_found_out_by_the_worker(teller: Teller, worker: Jobs, fault: str) -> None:
    bill = await teller.approved()
    await teller.till.have("capture_order", fault, times=4)
    await teller.till.have("webhook", "withhold")  # else that would tell
    detail = assert_unavailable(await teller.execute(bill))
    assert detail.endswith("Ask again in a moment: what was taken is seen then, and nothing is taken twice.")
    assert await teller.statuses(bill) == ("capturing", "pending")
    await worker.settle(bill)  # too early: somebody may still be at it
    assert await teller.statuses(bill) == ("capturing", "pending")
    await teller.time_passes(bill)
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("captured", "confirmed")
    assert len(await teller.captures(bill)) == 1
    assert (await teller.execute(bill)).json()["appointment"]["status"] == "confirmed"


@pytest.mark.parametrize("operation", ["token", "get_order"])
async def test_nothing_is_taken_where_paypal_does_not_say_that_it_was_approved(
    settings: Settings, teller: Teller, operation: str
) -> None:
    bill = await teller.approved()
    async with serving(create_app(settings)) as url, httpx.AsyncClient(base_url=url, timeout=60) as client:
        elsewhere = Teller(client, teller.owner, teller.database, teller.till)
        await teller.till.have(operation, "error_before", times=4)
        assert_unavailable(await elsewhere.execute(bill))
        assert await teller.statuses(bill) == ("created", "pending")
        assert await teller.captures(bill) == []
        assert (await elsewhere.execute(bill)).status_code == 200


async def test_an_expired_token_is_renewed_unnoticed(teller: Teller) -> None:
    bill = await teller.approved()
    await teller.till.have("get_order", "unauthorized")
    await teller.till.have("capture_order", "unauthorized")
    assert (await teller.execute(bill)).status_code == 200


async def test_a_short_rate_limit_is_waited_for_and_a_long_one_is_told(teller: Teller) -> None:
    hold = await teller.hold()
    await teller.till.have("create_order", "rate_limit", seconds=1)
    await teller.begin(hold)
    other = await teller.hold(1)
    await teller.till.have("create_order", "rate_limit", seconds=300)
    answer = await teller.create(other)
    assert_unavailable(answer)
    assert answer.headers["retry-after"] == "300"


async def test_an_order_that_paypal_has_forgotten_ends_the_payment(teller: Teller, worker: Jobs) -> None:
    # PayPal forgets orders that nobody has approved for hours
    bills = [await teller.begin(), await teller.begin(await teller.hold(1))]
    for bill in bills:
        await teller.rename(bill, f"GONE{bill.payment}")
    by_payer, by_worker = [bill._replace(order=f"GONE{bill.payment}") for bill in bills]
    assert_problem(await teller.execute(by_payer), 409, "payment_refused")
    assert_problem(await teller.execute(by_payer), 409, "payment_refused")
    await teller.time_passes(by_worker)
    await worker.settle(by_worker)
    for bill in (by_payer, by_worker):
        assert await teller.statuses(bill) == ("failed", "pending")
        assert await teller.attention(bill) == []


@pytest_asyncio.fixture
async def gate(settings: Settings) -> AsyncIterator[Gate]:
    """The way to PayPal."""
    async with Gate(settings.paypal_base_url, default_port=80) as gate:
        await gate.open()
        yield gate


async def test_a_slow_paypal_holds_up_nobody_who_does_not_pay(
    settings: Settings, teller: Teller, owner: asyncpg.Connection, gate: Gate
) -> None:
    """30 payments wait for PayPal, three times as many as the API has connections to PostgreSQL."""
    doctor, patients = await make_doctor(owner), await make_patients(owner, 30)
    to_create = [await teller.hold(n) for n in range(15)]
    to_execute = [await teller.approved(await teller.hold(n)) for n in range(15)]
    app = create_app(replace(settings, paypal_base_url=gate.url))
    async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=60) as client:
        (pool,) = [value.pool for value in app.state.values() if isinstance(value, AsyncEngine)]
        assert isinstance(pool, QueuePool)
        elsewhere = Teller(client, owner, teller.database, teller.till)
        await elsewhere.begin()  # has the access token fetched, for which all would wait
        gate.flowing.clear()
        payments = [asyncio.create_task(elsewhere.create(hold)) for hold in to_create]
        payments += [asyncio.create_task(elsewhere.execute(bill)) for bill in to_execute]

        async def all_wait_and_hold_no_connection() -> bool:
            assert not any(payment.done() for payment in payments)
            return gate.connections >= 30 and pool.checkedout() == 0

        await eventually(all_wait_and_hold_no_connection, seconds=30)
        bookings = [post_booking(client, patient, doctor, a_slot(n)) for n, patient in enumerate(patients)]
        assert [answer.status_code for answer in await asyncio.gather(*bookings)] == [201] * 30
        gate.flowing.set()
        await asyncio.wait(payments)
        for hold in to_create:
            assert (await elsewhere.create(hold)).status_code == 201
        for bill in to_execute:
            assert (await elsewhere.execute(bill)).status_code == 200


async def test_a_capture_that_takes_longer_than_a_request_may(teller: Teller, worker: Jobs) -> None:
    bill = await teller.approved()
    await teller.till.have("capture_order", "slow_before", seconds=12)
    assert_unavailable(await teller.execute(bill))
    await teller.hears(bill, "PAYMENT.CAPTURE.COMPLETED")
    await worker.settle(bill)
    assert await teller.statuses(bill) == ("captured", "confirmed")
    assert len(await teller.captures(bill)) == 1


async def test_a_look_at_a_capture_that_somebody_is_making_ends(teller: Teller, owner: asyncpg.Connection) -> None:
    bill = await teller.approved()
    row = await teller.payment(bill)
    begin = "SELECT * FROM begin_capture($1, 'QYR5Z8XDVJNXQ', 100, 'USD', $2)"
    await owner.fetch(begin, bill.payment, str(row["reference"]))  # and then whoever it was has died
    answer = await teller.execute(bill)
    assert answer.status_code == 200
    assert answer.json()["payment"]["status"] == "capturing"
    assert answer.json()["appointment"]["status"] == "pending"
