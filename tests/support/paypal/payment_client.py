"""A client that books and pays through the API and the PayPal stand-in, and reads the results from both sides."""

from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

import asyncpg
import httpx

from app.sandbox.paypal.serializers import PAYER_ID
from tests.support.factories import a_slot, bearer, book, make_doctor, make_patient
from tests.support.http.answers import json_of
from tests.support.http.appointment_actions import as_doctor, as_patient
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.servers.databases import Database, execute
from tests.support.servers.worker_process import eventually, eventually_is

PAYMENTS = "/api/payments/"


class Hold(NamedTuple):
    doctor: int
    patient: int
    appointment: int


class BegunPayment(NamedTuple):
    """A hold, and the payment for it."""

    doctor: int
    patient: int
    appointment: int
    payment: int
    order: str

    @property
    def hold(self) -> Hold:
        return Hold(self.doctor, self.patient, self.appointment)


class PaymentClient:
    """Makes holds and pays for them. A doctor's fee is 100 USD by default."""

    def __init__(
        self, client: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, fake_paypal: FakePayPal
    ) -> None:
        self.client = client
        self.owner = owner
        self.fake_paypal = fake_paypal
        self.database = database

    async def call(self, patient: int, call: str, **body: object) -> httpx.Response:
        return await self.client.post(f"{PAYMENTS}{call}/", headers=bearer(patient, "patient"), json=body)

    async def hold(self, number: int = 0, *, patient: int | None = None, **doctor: Any) -> Hold:
        """Book a slot of a new doctor, for a new patient if none is given."""
        patient = patient or await make_patient(self.owner)
        doctor_id = await make_doctor(self.owner, **doctor)
        return Hold(doctor_id, patient, await book(self.owner, patient, doctor_id, a_slot(number)))

    async def create(
        self, hold: Hold | BegunPayment, amount: object = "100.00", currency: object = "USD"
    ) -> httpx.Response:
        """Request a payment for a hold."""
        body: dict[str, Any] = {"appointment_id": hold.appointment, "amount": amount, "currency": currency}
        return await self.call(hold.patient, "create", **body)

    async def begin(self, hold: Hold | None = None, amount: str = "100.00", currency: str = "USD") -> BegunPayment:
        """Create a payment for a hold, a new one if none is given."""
        hold = hold or await self.hold()
        payment = json_of(await self.create(hold, amount, currency), 201)
        return BegunPayment(*hold, payment["payment_id"], payment["paymentId"])

    async def approved(self, hold: Hold | None = None) -> BegunPayment:
        """Create a payment and approve it at PayPal."""
        begun = await self.begin(hold)
        await self.fake_paypal.approve(begun.order)
        return begun

    async def paid(self, hold: Hold | None = None) -> BegunPayment:
        begun = await self.approved(hold)
        assert json_of(await self.execute(begun))["appointment"]["status"] == "confirmed"
        return begun

    async def execute(self, begun: BegunPayment, payer: str = PAYER_ID) -> httpx.Response:
        """Execute the payment, as after the return from PayPal."""
        return await self.call(begun.patient, "execute", paymentId=begun.order, PayerID=payer)

    async def give_up(self, begun: BegunPayment) -> httpx.Response:
        return await self.call(begun.patient, "cancel", paymentId=begun.order)

    async def cancel(self, hold: Hold | BegunPayment) -> httpx.Response:
        """Cancel the appointment as its patient."""
        return await as_patient(self.client, hold.patient, hold.appointment, "cancel")

    async def cancel_as_doctor(self, hold: Hold | BegunPayment, **body: object) -> httpx.Response:
        """Cancel the appointment as its doctor."""
        return await as_doctor(self.client, hold.doctor, hold.appointment, "doctor_cancel", **body)

    async def show(self, begun: BegunPayment) -> dict[str, Any]:
        """Return the payment as the API shows it to its patient."""
        answer = await self.client.get(f"{PAYMENTS}{begun.payment}/", headers=bearer(begun.patient, "patient"))
        return dict(json_of(answer))

    async def payment(self, begun: BegunPayment) -> asyncpg.Record:
        row = await self.owner.fetchrow("SELECT * FROM payment WHERE id = $1", begun.payment)
        assert row is not None
        return row

    async def payments_of(self, hold: Hold | BegunPayment) -> list[str]:
        """Return the statuses of all payments for an appointment, oldest first."""
        rows = await self.owner.fetch(
            "SELECT status FROM payment WHERE appointment_id = $1 ORDER BY id", hold.appointment
        )
        return [row["status"] for row in rows]

    async def appointment(self, hold: Hold | BegunPayment) -> asyncpg.Record:
        """Return the appointment's row."""
        row = await self.owner.fetchrow("SELECT * FROM appointment WHERE id = $1", hold.appointment)
        assert row is not None
        return row

    async def statuses(self, begun: BegunPayment) -> tuple[str, str]:
        """Return the stored statuses of the payment and its appointment."""
        payment = await self.payment(begun)
        status = await self.owner.fetchval("SELECT status FROM appointment WHERE id = $1", payment["appointment_id"])
        return payment["status"], status

    async def mails(self, begun: Hold | BegunPayment) -> list[tuple[str, int]]:
        """Return (kind, account) of each mail about the appointment, in order."""
        query = "SELECT kind, account_id FROM notification WHERE appointment_id = $1 ORDER BY id"
        return [tuple(row) for row in await self.owner.fetch(query, begun.appointment)]

    async def refunds(self, begun: BegunPayment) -> list[tuple[str, str]]:
        """Return (status, reason) of the payment's refunds in our database."""
        query = "SELECT status, reason FROM refund WHERE payment_id = $1 ORDER BY id"
        return [tuple(row) for row in await self.owner.fetch(query, begun.payment)]

    async def orders(self) -> int:
        """Return how many orders there are at PayPal."""
        return len((await self.fake_paypal.ledger())["orders"])

    async def sweep(self, hold: Hold | BegunPayment) -> None:
        """Sweep the hold's doctor: a lapsed hold becomes expired."""
        await self.owner.fetch("SELECT sweep_doctor($1)", hold.doctor)

    async def attention(self, begun: BegunPayment) -> list[str]:
        """Return the reasons why the payment needs an admin's attention."""
        rows = await self.owner.fetch("SELECT why FROM payment_attention WHERE payment_id = $1", begun.payment)
        return [row["why"] for row in rows]

    async def captures(self, begun: BegunPayment) -> list[dict[str, Any]]:
        """Return the captures of the order at PayPal."""
        captures: list[dict[str, Any]] = await self.fake_paypal.captures_of(begun.order)
        return captures

    async def paypal_refunds(self, begun: BegunPayment) -> list[dict[str, Any]]:
        """Return the refunds of the order at PayPal."""
        captures = {capture["id"] for capture in await self.captures(begun)}
        return [refund for refund in (await self.fake_paypal.ledger())["refunds"] if refund["capture_id"] in captures]

    async def _without_triggers(self, statement: str) -> None:
        await execute(self.database.superuser, f"SET session_replication_role = replica; {statement}")

    async def lapse(self, hold: Hold | BegunPayment) -> None:
        """Make the hold expire a second ago, without the status change that follows."""
        await self._without_triggers(
            "UPDATE appointment SET hold_expires_at = clock_timestamp() - interval '1 s'"
            f" WHERE id = {hold.appointment} AND status = 'pending'",
        )

    async def cancel_without_triggers(self, begun: BegunPayment) -> None:
        """Cancel the appointment without the refund and the mails that follow."""
        await self._without_triggers(
            "UPDATE appointment SET status = 'canceled', seat = NULL, canceled_by = 'admin'"
            f" WHERE id = {begun.appointment}",
        )

    async def rename(self, begun: BegunPayment, order: str) -> BegunPayment:
        """Replace the payment's order id by one that PayPal does not know."""
        await self._without_triggers(f"UPDATE payment SET order_id = '{order}' WHERE id = {begun.payment}")
        return begun._replace(order=order)

    async def wait_for_webhook(self, begun: BegunPayment, kind: str) -> None:
        """Wait until a webhook of a kind about the payment is recorded."""
        query = "SELECT EXISTS (SELECT FROM webhook_event WHERE payment_id = $1 AND kind = $2)"
        await eventually(partial(self.owner.fetchval, query, begun.payment, kind), seconds=60)

    async def wait_for_statuses(self, begun: BegunPayment, payment: str, appointment: str) -> None:
        """Wait until the payment and its appointment have these statuses."""
        await eventually_is((payment, appointment), partial(self.statuses, begun))

    async def wait_for_refund(self, begun: BegunPayment, status: str) -> None:
        """Wait until the payment has exactly one refund, with this status."""

        async def refunds() -> list[str]:
            return [refund[0] for refund in await self.refunds(begun)]

        await eventually_is([status], refunds)

    async def set_age(self, begun: BegunPayment, age: timedelta) -> None:
        """Set the age of the payment."""
        await self._without_triggers(
            f"UPDATE payment SET created_at = clock_timestamp() - interval '{age.total_seconds()} s'"
            f" WHERE id = {begun.payment}",
        )

    async def make_due(self, begun: BegunPayment) -> None:
        """Make the payment and its open refunds due for the worker."""
        await self.owner.execute("UPDATE payment SET due_at = now() WHERE id = $1", begun.payment)
        await self.owner.execute(
            "UPDATE refund SET due_at = now() WHERE payment_id = $1 AND status IN ('requested', 'pending')",
            begun.payment,
        )
