"""A doctor with a fee and two patients, their requests, PayPal's webhooks, the worker's jobs, and time that passes.

Each request may have a crash point (crash_points.py). Its answer does not matter, because a client may never get it:
the outcome is read from PostgreSQL and from PayPal's ledger.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import cycle
from typing import Any, NamedTuple

import asyncpg
import httpx

from tests.robustness.crashes.crash_points import CrashPoint
from tests.robustness.crashes.processes import Processes
from tests.robustness.crashes.webhook_queue import WebhookQueue
from tests.robustness.model.model_postgres import ANOTHER_AGE, SHIFTS
from tests.support.factories import a_slot, bearer, make_doctor, make_patients
from tests.support.paypal.fake_paypal import FakePayPal

FEE = Decimal("100.00")
FAR, NEAR = timedelta(days=5), timedelta(hours=3)
PAYMENTS = """
    SELECT p.*, a.patient_id FROM payment AS p INNER JOIN appointment AS a ON p.appointment_id = a.id
    WHERE a.doctor_id = $1
"""
DUE = f"""
    SELECT * FROM ({PAYMENTS}) AS p
    WHERE due_at <= now() OR EXISTS (
        SELECT FROM refund WHERE payment_id = p.id AND status IN ('requested', 'pending') AND due_at <= now())
    ORDER BY id
"""
LAPSE = (
    f"""
    UPDATE payment SET due_at = due_at - $2::interval, hold_expires_at = hold_expires_at - $2,
        created_at = created_at - $2, updated_at = updated_at - $2
    WHERE id IN (SELECT id FROM ({PAYMENTS.replace("= $1", "= ANY ($1)")}) AS p)
    """,
    """
    UPDATE appointment SET hold_expires_at = hold_expires_at - $2::interval,
        created_at = created_at - $2, updated_at = updated_at - $2
    WHERE doctor_id = ANY ($1)
    """,
)
AGE = (LAPSE[0], SHIFTS[0])


def purpose(payment: asyncpg.Record) -> str:
    """Return the name of what the worker does next with a payment."""
    return "pay_back" if payment["refund_total"] else "settle"


class Harness(NamedTuple):
    """What all histories share: the processes, PayPal, its webhooks and the connection of a superuser."""

    processes: Processes
    fake_paypal: FakePayPal
    webhook_queue: WebhookQueue
    db: asyncpg.Connection


class ObservedState(NamedTuple):
    appointments: list[asyncpg.Record]
    payments: list[asyncpg.Record]
    ledger: dict[str, list[dict[str, Any]]]


class Clinic:
    def __init__(self, harness: Harness, doctor: int, patients: list[int]) -> None:
        self.harness = harness
        self.doctor = doctor
        self.patients = patients
        self.slots = [a_slot(after=FAR), a_slot(2, after=FAR), a_slot(after=NEAR)]
        self._apis = cycle(("api", "other api"))

    @classmethod
    async def set(cls, harness: Harness) -> "Clinic":
        """Restart the processes that wait, and add new people."""
        await harness.processes.restart()
        await harness.webhook_queue.clear()
        doctor = await make_doctor(harness.db, fee=FEE)
        return cls(harness, doctor, await make_patients(harness.db, 2))

    async def observe(self) -> ObservedState:
        """Return all rows of the doctor, and what PayPal's ledger has about them."""
        db = self.harness.db
        appointments = await db.fetch("SELECT * FROM appointment WHERE doctor_id = $1 ORDER BY id", self.doctor)
        payments = await db.fetch(f"{PAYMENTS} ORDER BY p.id", self.doctor)
        references = {str(payment["reference"]) for payment in payments}
        ledger = await self.harness.fake_paypal.ledger()
        kinds = ("orders", "captures", "refunds")
        ledger = {kind: [thing for thing in ledger[kind] if thing["custom_id"] in references] for kind in kinds}
        return ObservedState(appointments, payments, ledger)

    async def post(self, action: str, account: int, path: str, body: object, crash_point: CrashPoint | None) -> None:
        """Send a request of a patient or the doctor to the API that is next in turn."""
        headers = bearer(account, "doctor" if account == self.doctor else "patient")
        await self._ask(next(self._apis), action, path, crash_point, json=body, headers=headers)

    async def deliver(self, number: int, crash_point: CrashPoint | None = None) -> None:
        """Deliver one of PayPal's webhooks, which may have been delivered before."""
        if webhooks := await self.harness.webhook_queue.webhooks():
            webhook = webhooks[number % len(webhooks)]
            request = {"content": webhook.body, "headers": webhook.headers}
            await self._ask(next(self._apis), "deliver", "/api/payments/webhooks/paypal/", crash_point, **request)

    async def settle(self, payment: asyncpg.Record, crash_point: CrashPoint | None = None) -> None:
        await self._ask("worker", purpose(payment), f"/settle/{payment['id']}", crash_point)

    async def reconcile(self, crash_point: CrashPoint | None = None) -> None:
        await self._ask("worker", "reconcile", "/reconcile/0", crash_point)

    async def sweep(self, crash_point: CrashPoint | None = None) -> None:
        await self._ask("worker", "sweep", f"/sweep/{self.doctor}", crash_point)

    async def due(self) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = await self.harness.db.fetch(DUE, self.doctor)
        return rows

    async def make_due(self) -> None:
        """End the pauses before the next check of each payment, and the leases of workers that died."""
        theirs = f"IN (SELECT id FROM ({PAYMENTS}) AS p) AND due_at > now()"
        await self._without_triggers(f"UPDATE payment SET due_at = now() WHERE id {theirs}", self.doctor)
        await self._without_triggers(f"UPDATE refund SET due_at = now() WHERE payment_id {theirs}", self.doctor)

    async def age_holds(self, minutes: int) -> None:
        """Make holds and payments older. The slots stay where they are."""
        await self._shift_times(LAPSE, timedelta(minutes=minutes))

    async def age(self, time: timedelta) -> None:
        await self._shift_times(AGE, time)

    async def resume(self, number: int, *, and_die: bool = False) -> None:
        """Let one of the waiting requests go on, or die instead."""
        processes = self.harness.processes
        if processes.waiting:
            self._assert_acceptable(await processes.resume(number % len(processes.waiting), and_die=and_die))
            await self._wait_for_dead_backends()

    async def kill_process(self, role: str) -> None:
        await self.harness.processes.kill(role)
        await self._wait_for_dead_backends()

    async def _shift_times(self, statements: Sequence[str], time: timedelta) -> None:
        for step in (ANOTHER_AGE, time - ANOTHER_AGE):
            for statement in statements:
                await self._without_triggers(statement, [self.doctor], step)

    async def _without_triggers(self, statement: str, *arguments: object) -> None:
        async with self.harness.db.transaction():
            await self.harness.db.execute("SET LOCAL session_replication_role = replica")
            await self.harness.db.execute("SET LOCAL timezone = 'UTC'")
            await self.harness.db.execute(statement, *arguments)

    async def _ask(self, role: str, name: str, path: str, crash_point: CrashPoint | None, **request: Any) -> None:
        self._assert_acceptable(await self.harness.processes.ask(role, name, path, crash_point, **request))
        await self._wait_for_dead_backends()

    def _assert_acceptable(self, answer: httpx.Response | None) -> None:
        """Fail on a server error other than a failure of PayPal."""
        if answer is not None and answer.status_code >= 500:
            crash = f"{answer.status_code} {answer.text}; {self.harness.processes.log_tail()}"
            assert '"payment_provider_unavailable"' in answer.text, crash

    async def _wait_for_dead_backends(self) -> None:
        """Wait until PostgreSQL has finished the statements of killed processes."""
        backends = "SELECT FROM pg_stat_activity WHERE pid = ANY ($1)"
        orphans = self.harness.processes.orphans
        while orphans and await self.harness.db.fetch(backends, list(orphans)):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        orphans.clear()
