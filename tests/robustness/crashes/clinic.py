"""A doctor with a fee and patients who pay it: how they, PayPal's post and the worker reach our processes, and time passes.

Each act may have a fate (crash_points.py). Its answer does not matter, as a client may never get it: what came about is asked of
PostgreSQL and of PayPal's ledger.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import cycle
from typing import Any, NamedTuple

import asyncpg
import httpx

from tests.robustness.crashes.crash_points import Fate
from tests.robustness.crashes.processes import Crew
from tests.robustness.crashes.webhook_queue import Post
from tests.robustness.model.model_postgres import ANOTHER_AGE, SHIFTS
from tests.support.factories import a_slot, bearer, make_doctor, make_patients
from tests.support.paypal.fake_paypal import Till

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
    """Return which act the worker's next look at a payment is."""
    return "pay_back" if payment["refund_total"] else "settle"


class Stage:
    """What all scenes have in common: the processes, PayPal, the post and a superuser's connection."""

    def __init__(self, crew: Crew, till: Till, post: Post, db: asyncpg.Connection) -> None:
        self.crew = crew
        self.till = till
        self.post = post
        self.db = db


class Known(NamedTuple):
    """What has come about: rows of PostgreSQL's, and PayPal's ledger."""

    appointments: list[asyncpg.Record]
    payments: list[asyncpg.Record]
    ledger: dict[str, list[dict[str, Any]]]


class Scene:
    """One doctor and two patients."""

    def __init__(self, stage: Stage, doctor: int, patients: list[int]) -> None:
        self.stage = stage
        self.doctor = doctor
        self.patients = patients
        self.slots = [a_slot(after=FAR), a_slot(2, after=FAR), a_slot(after=NEAR)]
        self._apis = cycle(("api", "other api"))

    @classmethod
    async def set(cls, stage: Stage) -> "Scene":
        """Make the people."""
        await stage.crew.begin_anew()
        await stage.post.clear()
        doctor = await make_doctor(stage.db, fee=FEE)
        return cls(stage, doctor, await make_patients(stage.db, 2))

    async def look(self) -> Known:
        """Look at everything that there is."""
        db = self.stage.db
        appointments = await db.fetch("SELECT * FROM appointment WHERE doctor_id = $1 ORDER BY id", self.doctor)
        payments = await db.fetch(f"{PAYMENTS} ORDER BY p.id", self.doctor)
        references = {str(payment["reference"]) for payment in payments}
        books = await self.stage.till.books()
        kinds = ("orders", "captures", "refunds")
        ledger = {kind: [thing for thing in books[kind] if thing["custom_id"] in references] for kind in kinds}
        return Known(appointments, payments, ledger)

    async def as_patient(self, act: str, patient: int, path: str, body: object, fate: Fate | None) -> None:
        """Let a patient ask for something."""
        await self._ask(next(self._apis), act, path, fate, json=body, headers=bearer(patient, "patient"))

    async def as_doctor(self, act: str, path: str, body: object, fate: Fate | None) -> None:
        """Let the doctor ask for something."""
        await self._ask(next(self._apis), act, path, fate, json=body, headers=bearer(self.doctor, "doctor"))

    async def deliver(self, number: int, fate: Fate | None = None) -> None:
        """Deliver one of PayPal's webhooks, perhaps once more."""
        if messages := await self.stage.post.messages():
            letter = messages[number % len(messages)]
            path = "/api/payments/webhooks/paypal/"
            await self._ask(next(self._apis), "deliver", path, fate, content=letter.body, headers=letter.headers)

    async def settle(self, payment: asyncpg.Record, fate: Fate | None = None) -> None:
        """Have the worker look at a payment."""
        await self._ask("worker", purpose(payment), f"/settle/{payment['id']}", fate)

    async def reconcile(self, fate: Fate | None = None) -> None:
        """Have the worker look for money without an appointment."""
        await self._ask("worker", "reconcile", "/reconcile", fate)

    async def sweep(self, fate: Fate | None = None) -> None:
        """Have the worker write down what has lapsed."""
        await self._ask("worker", "sweep", f"/sweep/{self.doctor}", fate)

    async def due(self) -> list[asyncpg.Record]:
        """Return the payments that the worker is to look at."""
        rows: list[asyncpg.Record] = await self.stage.db.fetch(DUE, self.doctor)
        return rows

    async def make_due(self) -> None:
        """Let the pauses between two looks, and the leases of workers that died, be over."""
        theirs = f"IN (SELECT id FROM ({PAYMENTS}) AS p) AND due_at > now()"
        await self._untriggered(f"UPDATE payment SET due_at = now() WHERE id {theirs}", self.doctor)
        await self._untriggered(f"UPDATE refund SET due_at = now() WHERE payment_id {theirs}", self.doctor)

    async def change_fee(self, fee: int) -> None:
        """Let the doctor ask for more, or less, from now on."""
        await self.stage.db.execute("UPDATE doctor SET fee = $2 WHERE account_id = $1", self.doctor, fee)

    async def linger(self, minutes: int) -> None:
        """Let a while pass in the life of the holds; the calendar stays as it is, so that slots are where they were."""
        await self._grow_older(LAPSE, timedelta(minutes=minutes))

    async def age(self, time: timedelta) -> None:
        """Let time pass: everything becomes that much older."""
        await self._grow_older(AGE, time)

    async def go_on(self, number: int, *, and_die: bool = False) -> None:
        """Let one of the acts that wait go on, perhaps to its death."""
        if self.stage.crew.waiting:
            self._judge(await self.stage.crew.go_on(number % len(self.stage.crew.waiting), and_die=and_die))
            await self._dead_are_gone()

    async def die(self, role: str) -> None:
        """Kill one of our processes, whatever it is doing."""
        await self.stage.crew.kill(role)
        await self._dead_are_gone()

    async def _grow_older(self, statements: Sequence[str], time: timedelta) -> None:
        for step in (ANOTHER_AGE, time - ANOTHER_AGE):
            for statement in statements:
                await self._untriggered(statement, [self.doctor], step)

    async def _untriggered(self, statement: str, *arguments: object) -> None:
        async with self.stage.db.transaction():
            await self.stage.db.execute("SET LOCAL session_replication_role = replica")
            await self.stage.db.execute("SET LOCAL timezone = 'UTC'")
            await self.stage.db.execute(statement, *arguments)

    async def _ask(self, role: str, name: str, path: str, fate: Fate | None, **request: Any) -> None:
        self._judge(await self.stage.crew.ask(role, name, path, fate, **request))
        await self._dead_are_gone()

    def _judge(self, answer: httpx.Response | None) -> None:
        """Fail if an answer is one that nobody should get."""
        if answer is not None and answer.status_code >= 500:
            crash = f"{answer.status_code} {answer.text}; {self.stage.crew.last_words()}"
            assert '"payment_provider_unavailable"' in answer.text, crash

    async def _dead_are_gone(self) -> None:
        """Wait until PostgreSQL has finished what the dead had asked for."""
        backends = "SELECT FROM pg_stat_activity WHERE pid = ANY ($1)"
        orphans = self.stage.crew.orphans
        while orphans and await self.stage.db.fetch(backends, list(orphans)):  # noqa: ASYNC110  it happens elsewhere
            await asyncio.sleep(0.001)
        orphans.clear()
