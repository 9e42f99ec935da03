"""payment_appointment_payable, payment_amount_matches_fee: which appointments can be paid, and for which amount."""

import asyncio
from decimal import Decimal

import pytest
from asyncpg import Connection

from tests.support.db.payments import FEE, WAYS, PaymentCase, begun, by_root, captured, create, lapse
from tests.support.db.refusals import refused
from tests.support.factories import a_slot, make_booking, make_patient
from tests.support.servers.databases import Database, connected

CREATE = "SELECT * FROM create_payment($1, $2, $3, $4)"
INSERT = "INSERT INTO payment (appointment_id, amount, currency) VALUES ($1, $2, $3)"


async def test_a_payment_is_begun_once(owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    assert await create(app, paying.patient, paying.appointment) == paying.payment
    assert await paying.value("amount, currency, status") == (FEE, "USD", "created")
    await owner.execute("UPDATE payment SET status = 'approved' WHERE id = $1", paying.payment)
    assert await create(app, paying.patient, paying.appointment) == paying.payment


@pytest.mark.proves("payment_one_capture")
async def test_two_requests_at_once_begin_one_payment(database: Database, owner: Connection, app: Connection) -> None:
    """The patient could approve two orders and pay twice."""
    _, patient, appointment = await make_booking(owner, owner)
    async with connected(database.app) as other:
        async with app.transaction():
            payment = await create(app, patient, appointment)
            waiting = asyncio.ensure_future(create(other, patient, appointment))
            await asyncio.wait([waiting], timeout=0.3)
            assert not waiting.done()
        assert await waiting == payment


async def test_another_patient_s_appointment_is_not_found(owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    assert await app.fetch(CREATE, await make_patient(owner), paying.appointment, FEE, "USD") == []
    assert await app.fetch(CREATE, paying.patient, 0, FEE, "USD") == []


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (Decimal("0.01"), "USD"),
        (Decimal("99.99"), "USD"),
        (Decimal("100.01"), "USD"),
        (Decimal("100.001"), "USD"),  # the column would round it to 100.00
        (Decimal("99.999"), "USD"),
        (Decimal(-100), "USD"),
        (Decimal("NaN"), "USD"),
        (Decimal(10) ** 29, "USD"),  # out of the column's range
        (FEE, "EUR"),
        (FEE, "USDX"),
        (FEE, "usd"),
        (None, "USD"),
        (FEE, None),
    ],
)
@pytest.mark.proves("payment_amount_matches_fee")
async def test_another_amount_is_refused(
    owner: Connection, app: Connection, amount: Decimal | None, currency: str | None
) -> None:
    _, patient, appointment = await make_booking(owner, app)
    with refused("payment_amount_matches_fee"):
        await app.fetch(CREATE, patient, appointment, amount, currency)
    await create(app, patient, appointment)
    with refused("payment_amount_matches_fee"):  # although a payment exists
        await app.fetch(CREATE, patient, appointment, amount, currency)


@pytest.mark.parametrize(("amount", "currency"), [(99, "USD"), (101, "USD"), (100, "EUR")])
@pytest.mark.proves("payment_amount_matches_fee", "tg_payment__rules")
async def test_another_amount_is_refused_to_the_owner(
    owner: Connection, app: Connection, amount: int, currency: str
) -> None:
    _, _, appointment = await make_booking(owner, app)
    with refused("payment_amount_matches_fee"):
        await owner.execute(INSERT, appointment, amount, currency)


async def test_the_price_is_the_fee_at_booking(owner: Connection, app: Connection) -> None:
    doctor, patient, appointment = await make_booking(owner, app)
    await owner.execute("UPDATE doctor SET fee = 200, currency = 'EUR' WHERE account_id = $1", doctor)
    paying = PaymentCase(owner, app, patient, appointment, await create(app, patient, appointment))
    assert await paying.value("amount, currency") == (FEE, "USD")


@pytest.mark.parametrize("status", [status for status in WAYS if status not in {"created", "approved", "failed"}])
@pytest.mark.proves("payment_appointment_payable")
async def test_a_settled_appointment_cannot_be_paid(owner: Connection, app: Connection, status: str) -> None:
    """It is paid, being paid, or canceled."""
    paying = await WAYS[status](owner, app)
    with refused("payment_appointment_payable"):
        await create(app, paying.patient, paying.appointment)
    with refused("payment_appointment_payable"):
        await owner.execute(INSERT, paying.appointment, FEE, "USD")


@pytest.mark.proves("payment_appointment_payable")
async def test_a_lapsed_hold_cannot_be_paid(database: Database, owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    await lapse(database, paying.appointment)
    for _ in range(2):
        with refused("payment_appointment_payable"):
            await create(app, paying.patient, paying.appointment)
        await app.execute("SELECT sweep_doctor($1)", paying.doctor)


async def test_a_failed_payment_may_be_replaced(owner: Connection, app: Connection) -> None:
    paying = await WAYS["failed"](owner, app)
    assert await create(app, paying.patient, paying.appointment) > paying.payment


async def test_a_free_appointment_cannot_be_paid(owner: Connection, app: Connection) -> None:
    _, patient, appointment = await make_booking(owner, app, fee=0)
    with refused("payment_appointment_payable"):
        await create(app, patient, appointment, Decimal(0))


async def test_an_order_is_recorded_once(owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    order_id = await paying.order()
    (row,) = await app.fetch("SELECT * FROM record_order($1, 'ANOTHER', 'https://example.com/')", paying.payment)
    assert (row["paypal_order"], row["approval_url"]) == (order_id, "https://example.com/approve")


async def test_an_ended_payment_shows_no_address_to_pay_at(owner: Connection, app: Connection) -> None:
    paying = await begun(owner, app)
    await app.execute("SELECT end_payment($1, 'refused')", paying.payment)
    await paying.order()  # PayPal's answer arrived late
    (row,) = await app.fetch("SELECT * FROM api_payment WHERE payment_id = $1", paying.payment)
    assert (row["approval_url"], row["paypal_order"]) == (None, f"ORDER-{paying.payment}")


@pytest.mark.proves("appointment_confirmed_is_paid")
@pytest.mark.parametrize("status", list(WAYS))
async def test_only_captured_money_confirms(owner: Connection, app: Connection, status: str) -> None:
    """Also for the owner, who may update the appointment's row."""
    paying = await WAYS[status](owner, app)
    if status in {"captured", "partially_refunded"}:
        assert await paying.state() == (status, "confirmed")
        return
    is_over = status in {"refunded", "canceled"}
    with refused("appointment_status_transition" if is_over else "appointment_confirmed_is_paid"):
        await owner.execute("UPDATE appointment SET status = 'confirmed' WHERE id = $1", paying.appointment)


@pytest.mark.proves("appointment_confirmed_is_paid")
async def test_a_confirmed_appointment_stays_paid_when_it_moves(
    database: Database, owner: Connection, app: Connection
) -> None:
    paying = await captured(owner, app)
    move = "SELECT * FROM reschedule_as_patient($1, $2, $3)"
    await app.fetch(move, paying.patient, paying.appointment, a_slot(3))
    assert await paying.state() == ("captured", "confirmed")
    await by_root(database, "UPDATE payment SET without_slot = true WHERE id = $1", paying.payment)
    with refused("appointment_confirmed_is_paid"):
        await app.fetch(move, paying.patient, paying.appointment, a_slot(5))
