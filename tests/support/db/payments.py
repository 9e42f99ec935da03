"""Payments for the database tests, made through the functions that booking_app may execute."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from asyncpg import Connection

from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.servers.databases import Database, connected

FEE = Decimal("100.00")  # the policy's default
STATE = """
    SELECT p.status, a.status FROM payment AS p INNER JOIN api_appointment AS a ON a.id = p.appointment_id
    WHERE p.id = $1
"""
BEGIN_CAPTURE = "SELECT b.* FROM payment AS p, begin_capture(p.id, 'PAYER', {}, {}, {}) AS b WHERE p.id = $1"


class PaymentCase(NamedTuple):
    """A payment of an appointment. `app` calls the app's functions; `owner` reads, and writes around them."""

    owner: Connection
    app: Connection
    patient: int
    appointment: int
    payment: int
    doctor: int = 0

    async def another(self) -> "PaymentCase":
        """Insert a second payment of the appointment, which create_payment() would refuse."""
        insert = "INSERT INTO payment (appointment_id, amount, currency) VALUES ($1, $2, 'USD') RETURNING id"
        payment = await self.owner.fetchval(insert, self.appointment, FEE)
        return self._replace(payment=payment)

    async def order(self) -> str:
        """Record the payment's order; return the order's id."""
        order_id = f"ORDER-{self.payment}"
        approval = "https://example.com/approve"
        await self.app.fetch("SELECT * FROM record_order($1, $2, $3)", self.payment, order_id, approval)
        return order_id

    async def begin_capture(
        self, amount: str = "p.amount", currency: str = "p.currency", reference: str = "p.reference::text"
    ) -> Any:
        """Begin to capture an order with the payment's values, or these SQL expressions; return the row, if any."""
        return await self.app.fetchrow(BEGIN_CAPTURE.format(amount, currency, reference), self.payment)

    async def record(self, status: str = "COMPLETED", *, amount: Decimal | None = FEE, currency: str = "USD") -> None:
        """Record a status that PayPal reports for the payment's capture."""
        capture = f"CAPTURE-{self.payment}"
        await self.app.execute(
            "SELECT record_capture($1, $2, $3, $4, $5)", self.payment, capture, status, amount, currency
        )

    async def cancel(self) -> None:
        """Cancel the appointment as the patient."""
        await self.app.fetch("SELECT * FROM cancel_as_patient($1, $2)", self.patient, self.appointment)

    async def state(self) -> tuple[str, str]:
        """Return the statuses of the payment and its appointment. A lapsed hold is expired."""
        (row,) = await self.owner.fetch(STATE, self.payment)
        return row[0], row[1]

    async def value(self, columns: str) -> Any:
        """Return a column of the payment, or several as a tuple."""
        (row,) = await self.owner.fetch(f"SELECT {columns} FROM payment WHERE id = $1", self.payment)
        return tuple(row) if len(row) > 1 else row[0]

    async def hold_ends(self) -> Any:
        """Return when the hold of the payment's appointment ends."""
        appointment = await self.value("appointment_id")
        return await self.owner.fetchval("SELECT hold_expires_at FROM appointment WHERE id = $1", appointment)

    async def attention(self) -> Any:
        """Return why the payment needs attention, None if it does not."""
        return await self.app.fetchval("SELECT why FROM payment_attention WHERE payment_id = $1", self.payment)

    async def refunds(self) -> list[tuple[Decimal, str, str]]:
        """Return the payment's refunds as (amount, reason, status), in order."""
        sql = "SELECT amount, reason, status FROM refund WHERE payment_id = $1 ORDER BY id"
        return [tuple(row) for row in await self.owner.fetch(sql, self.payment)]

    async def refund_id(self) -> int:
        """Return the id of the payment's only refund."""
        ((refund,),) = await self.owner.fetch("SELECT id FROM refund WHERE payment_id = $1", self.payment)
        return int(refund)

    async def mails(self) -> list[tuple[str, int]]:
        """Return the mails about the payment as (kind, account), in order."""
        sql = "SELECT kind, account_id FROM notification WHERE payment_id = $1 ORDER BY id"
        return [tuple(row) for row in await self.owner.fetch(sql, self.payment)]


async def begun(owner: Connection, app: Connection, *, start: datetime | None = None, **doctor: Any) -> PaymentCase:
    """Book a new doctor for a new patient, and create a payment."""
    doctor_id, patient = await make_doctor(owner, **doctor), await make_patient(owner)
    appointment = await book(app, patient, doctor_id, start or a_slot())
    return PaymentCase(owner, app, patient, appointment, await create(app, patient, appointment), doctor_id)


async def capturing(owner: Connection, app: Connection, **doctor: Any) -> PaymentCase:
    """Also begin the capture."""
    paying = await begun(owner, app, **doctor)
    start = await paying.begin_capture()
    assert start["request_id"], start["rule"]
    return paying


async def captured(owner: Connection, app: Connection, **doctor: Any) -> PaymentCase:
    """Also complete the capture, which confirms the appointment."""
    paying = await capturing(owner, app, **doctor)
    await paying.record()
    return paying


async def without_slot(owner: Connection, app: Connection, **doctor: Any) -> PaymentCase:
    """Complete the capture of an appointment that was canceled meanwhile."""
    paying = await capturing(owner, app, **doctor)
    await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, NULL, false)", paying.doctor, paying.appointment)
    await paying.record()
    return paying


async def create(app: Connection, patient: int, appointment: int, amount: Decimal = FEE, currency: str = "USD") -> int:
    """Create a payment, or find the open one; return its id."""
    payment: int = await app.fetchval(
        "SELECT id FROM create_payment($1, $2, $3, $4)", patient, appointment, amount, currency
    )
    assert payment
    return payment


async def pay(app: Connection, patient: int, appointment: int) -> PaymentCase:
    """Pay a hold, which confirms it."""
    paying = PaymentCase(app, app, patient, appointment, await create(app, patient, appointment))
    await paying.begin_capture()
    await paying.record()
    return paying


async def by_root(database: Database, statement: str, *arguments: Any) -> None:
    """Run a statement as a superuser with triggers off."""
    async with connected(database.superuser, session_replication_role="replica") as root:
        await root.execute(statement, *arguments)


async def lapse(database: Database, appointment: int) -> None:
    """Move the end of a hold into the past."""
    await by_root(
        database,
        "UPDATE appointment SET hold_expires_at = clock_timestamp() - interval '1 s' WHERE id = $1",
        appointment,
    )


Way = Callable[[Connection, Connection], Awaitable[PaymentCase]]


async def _approved(owner: Connection, app: Connection) -> PaymentCase:
    paying = await begun(owner, app)
    await owner.execute("UPDATE payment SET status = 'approved' WHERE id = $1", paying.payment)
    return paying


async def _in_review(owner: Connection, app: Connection) -> PaymentCase:
    paying = await capturing(owner, app)
    await paying.record("PENDING")
    return paying


async def _partially_refunded(owner: Connection, app: Connection) -> PaymentCase:
    paying = await captured(owner, app)
    await owner.execute("INSERT INTO refund (payment_id, amount, reason) VALUES ($1, 40, 'by hand')", paying.payment)
    await owner.execute("UPDATE refund SET status = 'completed' WHERE payment_id = $1", paying.payment)
    return paying


async def _refunded(owner: Connection, app: Connection) -> PaymentCase:
    paying = await captured(owner, app)
    await paying.cancel()
    refund = await paying.refund_id()
    await app.execute("SELECT record_refund($1, $2, 'completed', NULL)", refund, f"REFUND-{refund}")
    return paying


async def _given_up(owner: Connection, app: Connection) -> PaymentCase:
    paying = await begun(owner, app)
    await app.fetch("SELECT * FROM give_up_hold($1, $2)", paying.patient, await paying.order())
    return paying


async def _failed(owner: Connection, app: Connection) -> PaymentCase:
    paying = await begun(owner, app)
    await app.execute("SELECT end_payment($1, NULL)", paying.payment)
    return paying


# How to bring a payment to each status, in the usual order.
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
