"""An API without a PayPal account: payments are refused, and everything else works."""

import pytest
import pytest_asyncio
from asyncpg import Connection
from httpx import AsyncClient
from msgspec.structs import replace

from app.settings import Settings
from tests.support.factories import a_slot, make_doctor, make_patient
from tests.support.http.answers import assert_problem
from tests.support.http.bookings import cancel, post_booking
from tests.support.paypal.payment_client import BegunPayment, Hold, PaymentClient


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    return replace(settings, paypal_client_id="", paypal_client_secret="", paypal_webhook_id="")


@pytest_asyncio.fixture
async def begun(payment_client: PaymentClient, owner: Connection) -> BegunPayment:
    """A payment from the time when there was an account."""
    hold = await payment_client.hold()
    create, record = "SELECT id FROM create_payment($1, $2, 100, 'USD')", "SELECT record_order($1, $2, 'https://x')"
    payment = await owner.fetchval(create, hold.patient, hold.appointment)
    await owner.fetch(record, payment, f"ORDER{payment}")
    return BegunPayment(*hold, payment, f"ORDER{payment}")


async def test_nothing_can_be_paid(payment_client: PaymentClient, begun: BegunPayment) -> None:
    hold, orders = await payment_client.hold(1), await payment_client.orders()
    for answer in (await payment_client.create(hold), await payment_client.execute(begun)):
        problem = assert_problem(answer, 503, "payments_not_configured")
        assert problem["detail"] == "Payments are not set up on this service."
    assert await payment_client.payments_of(hold) == []
    assert await payment_client.orders() == orders


async def test_a_free_appointment_is_booked_and_canceled(client: AsyncClient, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    booked = await post_booking(client, patient, doctor, a_slot())
    assert (booked.status_code, booked.json()["status"]) == (201, "confirmed")
    assert (await cancel(client, patient, booked.json()["id"])).status_code == 200


async def test_a_hold_lapses_or_is_given_up(
    client: AsyncClient, payment_client: PaymentClient, begun: BegunPayment
) -> None:
    assert (await payment_client.show(begun))["status"] == "created"
    assert (await client.get(f"/api/payments/return/?token={begun.order}")).status_code == 200
    assert (await payment_client.give_up(begun)).status_code == 200
    hold: Hold = await payment_client.hold()
    assert (await payment_client.cancel(hold)).status_code == 200


async def test_a_webhook_comes_again_later(client: AsyncClient) -> None:
    answer = await client.post("/api/payments/webhooks/paypal/", content=b"{}")
    assert_problem(answer, 503, "payments_not_configured")
