"""Payments for the database tests: begun, taken and paid back by the functions that the app's role may execute."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import asyncpg
from asyncpg import Connection

from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.servers.databases import Database, connected

FEE = Decimal("100.00")  # of a doctor who names none
BEGIN_CAPTURE = "SELECT b.* FROM payment AS p, begin_capture(p.id, 'PAYER', {}, {}, {}) AS b WHERE p.id = $1"
LAPSE = "UPDATE appointment SET hold_expires_at = clock_timestamp() - interval '1 s' WHERE id = $1"


class PaymentCase(NamedTuple):
    """Who pays for what."""

    doctor: int
    patient: int
    appointment: int
    payment: int


async def begun(owner: Connection, app: Connection, *, start: datetime | None = None, **doctor: Any) -> PaymentCase:
    """Book with a new doctor for a new patient, and begin to pay."""
    doctor_id, patient = await make_doctor(owner, **doctor), await make_patient(owner)
    appointment = await book(app, patient, doctor_id, start or a_slot())
    return PaymentCase(doctor_id, patient, appointment, await create(app, patient, appointment))


async def capturing(owner: Connection, app: Connection, **doctor: Any) -> PaymentCase:
    """Go on until the money may be taken."""
    paying = await begun(owner, app, **doctor)
    start = await begin_capture(app, paying.payment)
    assert start is not None
    assert start["request_id"], start["rule"]
    return paying


async def captured(owner: Connection, app: Connection, **doctor: Any) -> PaymentCase:
    """Go on until the money is taken, and the appointment confirmed."""
    paying = await capturing(owner, app, **doctor)
    await record(app, paying.payment)
    return paying


async def without_slot(owner: Connection, app: Connection, **doctor: Any) -> PaymentCase:
    """Take the money for an appointment that is canceled just then."""
    paying = await capturing(owner, app, **doctor)
    await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, NULL, false)", paying.doctor, paying.appointment)
    await record(app, paying.payment)
    return paying


async def create(app: Connection, patient: int, appointment: int, amount: Decimal = FEE, currency: str = "USD") -> int:
    """Begin, or find, a payment; return its id."""
    (row,) = await app.fetch("SELECT * FROM create_payment($1, $2, $3, $4)", patient, appointment, amount, currency)
    payment: int = row["id"]
    return payment


async def pay(app: Connection, patient: int, appointment: int) -> None:
    """Pay a hold, so that it is confirmed."""
    payment = await create(app, patient, appointment)
    await begin_capture(app, payment)
    await record(app, payment)


async def another_payment(owner: Connection, paying: PaymentCase) -> int:
    """Begin a second payment for an appointment, which create_payment() would not."""
    payment: int = await owner.fetchval(
        "INSERT INTO payment (appointment_id, amount, currency) VALUES ($1, $2, 'USD') RETURNING id",
        paying.appointment,
        FEE,
    )
    return payment


async def order(app: Connection, payment: int) -> str:
    """Record a payment's order; return the order's id."""
    order_id = f"ORDER-{payment}"
    await app.fetch("SELECT * FROM record_order($1, $2, 'https://example.com/approve')", payment, order_id)
    return order_id


async def begin_capture(
    app: Connection,
    payment: int,
    *,
    amount: str = "p.amount",
    currency: str = "p.currency",
    reference: str = "p.reference::text",
) -> asyncpg.Record | None:
    """Begin to capture an order that says what the payment does, or else these SQL expressions."""
    return await app.fetchrow(BEGIN_CAPTURE.format(amount, currency, reference), payment)


async def record(
    app: Connection,
    payment: int,
    status: str = "COMPLETED",
    *,
    capture: str = "",
    amount: Decimal | None = FEE,
    currency: str = "USD",
) -> None:
    """Write down what PayPal says of a payment's capture."""
    await app.execute(
        "SELECT record_capture($1, $2, $3, $4, $5)", payment, capture or f"CAPTURE-{payment}", status, amount, currency
    )


async def cancel(app: Connection, paying: PaymentCase) -> None:
    """Cancel as the patient."""
    await app.fetch("SELECT * FROM cancel_as_patient($1, $2)", paying.patient, paying.appointment)


async def state(db: Connection, payment: int) -> tuple[str, str]:
    """Return the statuses of a payment and of the appointment that it is for, lapsed holds being expired."""
    (row,) = await db.fetch(
        "SELECT p.status, a.status FROM payment AS p INNER JOIN api_appointment AS a ON a.id = p.appointment_id"
        " WHERE p.id = $1",
        payment,
    )
    return row[0], row[1]


async def of_payment(db: Connection, payment: int, columns: str) -> Any:
    """Return a column of a payment, or several as a tuple."""
    (row,) = await db.fetch(f"SELECT {columns} FROM payment WHERE id = $1", payment)
    return tuple(row) if len(row) > 1 else row[0]


async def of_hold(db: Connection, payment: int) -> Any:
    """Return when the hold of a payment's appointment ends."""
    return await db.fetchval(
        "SELECT a.hold_expires_at FROM payment AS p INNER JOIN appointment AS a ON a.id = p.appointment_id"
        " WHERE p.id = $1",
        payment,
    )


async def refunds(db: Connection, payment: int) -> list[tuple[Decimal, str, str]]:
    """Return a payment's refunds as (amount, reason, status), in order."""
    rows = await db.fetch("SELECT amount, reason, status FROM refund WHERE payment_id = $1 ORDER BY id", payment)
    return [tuple(row) for row in rows]


async def get_refund(db: Connection, payment: int) -> int:
    """Return the id of a payment's only refund."""
    rows = await db.fetch("SELECT id FROM refund WHERE payment_id = $1", payment)
    assert len(rows) == 1
    refund: int = rows[0]["id"]
    return refund


async def mails(db: Connection, payment: int) -> list[tuple[str, int]]:
    """Return the mails about a payment as (kind, account), in order."""
    rows = await db.fetch("SELECT kind, account_id FROM notification WHERE payment_id = $1 ORDER BY id", payment)
    return [tuple(row) for row in rows]


async def by_root(database: Database, *statements: str, arguments: tuple[Any, ...] = ()) -> None:
    """Run statements that no rule would let through: as a superuser, with triggers off."""
    async with connected(database.superuser, session_replication_role="replica") as root:
        for statement in statements:
            await root.execute(statement, *arguments)


async def lapse(database: Database, paying: PaymentCase) -> None:
    """Let the time of a payment's hold be up."""
    await by_root(database, LAPSE, arguments=(paying.appointment,))


Way = Callable[[Connection, Connection], Awaitable[PaymentCase]]


async def _approved(owner: Connection, app: Connection) -> PaymentCase:
    paying = await begun(owner, app)
    await owner.execute("UPDATE payment SET status = 'approved' WHERE id = $1", paying.payment)
    return paying


async def _in_review(owner: Connection, app: Connection) -> PaymentCase:
    paying = await capturing(owner, app)
    await record(app, paying.payment, "PENDING")
    return paying


async def _partially_refunded(owner: Connection, app: Connection) -> PaymentCase:
    paying = await captured(owner, app)
    await owner.execute("INSERT INTO refund (payment_id, amount, reason) VALUES ($1, 40, 'by hand')", paying.payment)
    await owner.execute("UPDATE refund SET status = 'completed' WHERE payment_id = $1", paying.payment)
    return paying


async def _refunded(owner: Connection, app: Connection) -> PaymentCase:
    paying = await captured(owner, app)
    await cancel(app, paying)
    refund = await get_refund(owner, paying.payment)
    await app.execute("SELECT record_refund($1, $2, 'completed', NULL)", refund, f"REFUND-{refund}")
    return paying


async def _given_up(owner: Connection, app: Connection) -> PaymentCase:
    paying = await begun(owner, app)
    await app.fetch("SELECT * FROM give_up_hold($1, $2)", paying.patient, await order(app, paying.payment))
    return paying


async def _failed(owner: Connection, app: Connection) -> PaymentCase:
    paying = await begun(owner, app)
    await app.execute("SELECT end_payment($1, NULL)", paying.payment)
    return paying


# How a payment comes to each status, in the order of its life.
WAYS: dict[str, Way] = {
    "created": begun,
    "approved": _approved,
    "capturing": capturing,
    "pending_review": _in_review,
    "captured": captured,
    "partially_refunded": _partially_refunded,
    "refunded": _refunded,
    "canceled": _given_up,
    "failed": _failed,
}
