"""A cancellation requests one refund of the whole captured amount, in its own transaction."""

from decimal import Decimal

import pytest
from asyncpg import Connection

from tests.support.db.payments import FEE, WAYS, PaymentCase, captured, pay, without_slot
from tests.support.db.refusals import refused, undone
from tests.support.factories import a_slot, book
from tests.support.servers.databases import Database, connected

RECORD = "SELECT record_refund($1, $2, $3, $4)"
INSERT = "INSERT INTO refund (payment_id, amount, reason) VALUES ($1, $2, 'by hand')"

# Every way to cancel.
CANCELS = {
    "the patient": "SELECT FROM cancel_as_patient({patient}, {appointment})",
    "the doctor": "SELECT FROM cancel_as_doctor({doctor}, {appointment}, NULL, false)",
    "the doctor, blocking": "SELECT FROM cancel_as_doctor({doctor}, {appointment}, 'ill', true)",
    "all at once": "SELECT FROM bulk_cancel({doctor}, NULL, NULL, NULL, false, false)",
    "time off": "SELECT FROM add_time_off({doctor}, '{start}', '{end}', NULL, true)",
    "hours": "SELECT FROM replace_working_hours({doctor}, '[]', true)",
    "an admin": "UPDATE appointment SET status = 'canceled' WHERE id = {appointment}",
}


async def cancel_by(database: Database, who: str, paying: PaymentCase) -> None:
    """Cancel with the role that may."""
    role = database.admin if who == "an admin" else database.app
    async with connected(role) as connection:
        await connection.execute(CANCELS[who].format(**paying._asdict(), start=a_slot(), end=a_slot(1)))


@pytest.mark.parametrize("who", CANCELS)
@pytest.mark.proves("tg_appointment__outbox")
async def test_every_cancellation_refunds(database: Database, owner: Connection, app: Connection, who: str) -> None:
    paying = await captured(owner, app)
    await cancel_by(database, who, paying)
    assert await paying.state() == ("captured", "canceled")
    assert await paying.refunds() == [(FEE, "appointment_canceled", "requested")]
    assert await paying.value("refund_total, without_slot") == (FEE, False)
    assert await paying.mails() == []  # the mail about the cancellation says it
    message = (
        "SELECT refunds FROM notification_message WHERE kind = 'appointment_canceled' AND recipient_role = 'patient'"
    )
    assert ["100.00 USD"] in [row["refunds"] for row in await app.fetch(message)]


async def test_a_cancellation_that_is_undone_refunds_nothing(owner: Connection, app: Connection) -> None:
    paying = await captured(owner, app)
    async with undone(app):
        await paying.cancel()
        assert await paying._replace(owner=app).refunds() == [(FEE, "appointment_canceled", "requested")]
    assert await paying.refunds() == []
    assert await paying.value("refund_total") == 0
    assert await paying.state() == ("captured", "confirmed")


async def test_a_bulk_cancellation_refunds_each(owner: Connection, app: Connection) -> None:
    paying = await captured(owner, app)
    payments = [paying]
    for number in (1, 2):
        appointment = await book(app, paying.patient, paying.doctor, a_slot(number))
        payments.append(await pay(app, paying.patient, appointment))
    await app.fetch("SELECT * FROM bulk_cancel($1, NULL, NULL, NULL, true, false)", paying.doctor)
    for payment in payments:
        assert await payment.refunds() == [(FEE, "appointment_canceled", "requested")]
    message = "SELECT refunds FROM notification_message AS l INNER JOIN notification USING (id) WHERE account_id = $1 AND l.kind = $2"
    assert await app.fetchval(message, paying.patient, "appointment_canceled") == ["300.00 USD"]


async def test_a_move_keeps_the_payment(owner: Connection, app: Connection) -> None:
    paying = await captured(owner, app)
    await app.fetch("SELECT * FROM reschedule_as_patient($1, $2, $3)", paying.patient, paying.appointment, a_slot(2))
    await app.fetch(
        "SELECT * FROM reschedule_as_doctor($1, $2, $3, false)", paying.doctor, paying.appointment, a_slot(4)
    )
    assert await paying.state() == ("captured", "confirmed")
    assert await paying.refunds() == []


@pytest.mark.proves("tg_refund__settle")
async def test_a_refund_that_is_done_settles_its_payment(owner: Connection, app: Connection) -> None:
    paying = await captured(owner, app)
    await paying.cancel()
    refund = await paying.refund_id()
    await app.execute(RECORD, refund, "REFUND", "pending", "PayPal waits")
    assert await paying.state() == ("captured", "canceled")
    assert await paying.mails() == []
    for _ in range(2):
        await app.execute(RECORD, refund, "REFUND", "completed", None)
        assert await paying.state() == ("refunded", "canceled")
        assert await paying.mails() == [("refund_completed", paying.patient)]
    (row,) = await app.fetch("SELECT refund_requested, refunded FROM api_payment WHERE payment_id = $1", paying.payment)
    assert tuple(row) == (0, FEE)
    await app.execute(RECORD, refund, "REFUND", "failed", "too late to fail")
    assert await paying.refunds() == [(FEE, "appointment_canceled", "completed")]


@pytest.mark.proves("tg_refund__settle")
async def test_a_part_that_is_back_is_a_part(owner: Connection, app: Connection) -> None:
    paying = await WAYS["partially_refunded"](owner, app)
    assert await paying.state() == ("partially_refunded", "confirmed")
    await paying.cancel()  # the rest
    assert (await paying.refunds())[1:] == [(Decimal(60), "appointment_canceled", "requested")]
    (row,) = await app.fetch("SELECT refund_requested, refunded FROM api_payment WHERE payment_id = $1", paying.payment)
    assert tuple(row) == (60, 40)
    rest = await owner.fetchval("SELECT max(id) FROM refund WHERE payment_id = $1", paying.payment)
    await app.execute(RECORD, rest, "REST", "completed", None)
    assert await paying.state() == ("refunded", "canceled")


@pytest.mark.proves("payment_refund_within_capture", "tg_refund__rules")
async def test_never_more_than_was_captured(owner: Connection, app: Connection) -> None:
    paying = await captured(owner, app)
    with refused("payment_refund_within_capture"):
        await owner.execute(INSERT, paying.payment, Decimal("100.01"))
    await owner.execute(INSERT, paying.payment, 40)
    with refused("payment_refund_within_capture"):
        await owner.execute(INSERT, paying.payment, Decimal("60.01"))
    await owner.execute(INSERT, paying.payment, 60)
    await paying.cancel()
    assert [amount for amount, _, _ in await paying.refunds()] == [40, 60]


@pytest.mark.parametrize("status", ["created", "approved", "capturing", "pending_review", "canceled", "failed"])
@pytest.mark.proves("payment_refund_within_capture")
async def test_only_captures_are_refunded(owner: Connection, app: Connection, status: str) -> None:
    paying = await WAYS[status](owner, app)
    with refused("payment_refund_within_capture"):
        await owner.execute(INSERT, paying.payment, 1)


@pytest.mark.proves("payment_refund_within_capture", "tg_refund__rules")
async def test_a_failed_refund_may_be_repeated_with_a_new_id(owner: Connection, app: Connection) -> None:
    """PayPal repeats its answer to the same PayPal-Request-Id."""
    paying = await without_slot(owner, app)
    first = await paying.refund_id()
    await app.execute(RECORD, first, None, "failed", "REFUND_NOT_PERMITTED")
    assert await paying.value("refund_total") == 0
    assert "REFUND_NOT_PERMITTED" in await paying.attention()
    with refused("refund_status_transition"):
        await owner.execute("UPDATE refund SET status = 'requested' WHERE id = $1", first)
    await owner.execute("SELECT request_refund($1, 'by hand')", paying.payment)
    rows = await owner.fetch("SELECT request_id, status FROM refund WHERE payment_id = $1", paying.payment)
    assert len({row["request_id"] for row in rows}) == 2
    assert await paying.attention() is None
    assert await app.fetchval("SELECT refunds_of($1)", [paying.appointment]) == ["100.00 USD"]
    with refused("payment_refund_within_capture"):
        await owner.execute(INSERT, paying.payment, 1)
