"""One history of payments: named actions on existing appointments and payments, with or without a crash point."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

import asyncpg

from app.sandbox.paypal.serializers import PAYER_ID
from tests.robustness.crashes.actions import FAULTS, Action, Fault
from tests.robustness.crashes.clinic import Clinic, ObservedState, purpose
from tests.robustness.crashes.processes import ROLES
from tests.robustness.crashes.recovery import FinalOutcome, decide

T = TypeVar("T")

OPEN, ENDED, LIVE = ("created", "approved", "capturing"), ("canceled", "failed"), ("pending", "confirmed")
APPOINTMENTS = "/api/appointments/appointments/"
HOLD = 16  # minutes, a little more than policy.hold_minutes
TIMES = (timedelta(minutes=30), timedelta(hours=7), timedelta(hours=25))


class NothingToDo(Exception):  # noqa: N818  an outcome, not an error
    """There is nothing that the action could be done to."""


class History:
    """The actions. Each raises NothingToDo if it is impossible at present."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.observed = ObservedState([], [], {"orders": [], "captures": [], "refunds": []})

    async def do(self, action: Action) -> None:
        """Do an action, or the next usual one if it is impossible, and observe the outcome."""
        try:
            await getattr(self, action.name)(action)
        except NothingToDo:
            with suppress(NothingToDo):
                await self.next(action)
        self.observed = await self.clinic.observe()

    async def add_fault(self, fault: Fault, times: int = 1) -> None:
        more = {"issue": fault.issue} if fault.issue else {}
        await self.clinic.harness.fake_paypal.add_fault(fault.operation, fault.kind, times=times, **more)

    async def next(self, action: Action) -> None:
        """Do the next step of a history in which nothing goes wrong."""
        a = next((a for a in reversed(self.observed.appointments) if a["status"] in LIVE), None)
        if a is None:
            refund_is_due = any(due["refund_total"] for due in await self.clinic.due())
            await (self.settle if refund_is_due else self.book)(action)
        elif a["status"] == "confirmed":
            await (self.cancel, self.doctor_cancels, self.doctor_cancels_all)[action.number % 3](action)
        else:
            await self._pay(action, a)

    async def _pay(self, action: Action, a: asyncpg.Record) -> None:
        payments = [payment for payment in self.observed.payments if payment["appointment_id"] == a["id"]]
        if not payments or payments[-1]["status"] in ENDED or payments[-1]["order_id"] is None:
            return await self.create(action)
        order = next(order for order in self.observed.ledger["orders"] if order["id"] == payments[-1]["order_id"])
        if order["status"] == "PAYER_ACTION_REQUIRED":
            return await self.approve(action)
        return await (self.settle if action.number % 3 else self.execute)(action)

    async def book(self, action: Action) -> None:
        body = {"doctor": self.clinic.doctor, "appointment_date": self._slot(action)}
        await self._post("book", self.clinic.patients[action.number % 2], APPOINTMENTS, body, action)

    async def create(self, action: Action) -> None:
        """Begin a payment."""
        a = self._appointment(action, "pending")
        body = {"appointment_id": a["id"], "amount": str(a["fee"]), "currency": "USD"}
        await self._post("create", a["patient_id"], "/api/payments/create/", body, action)

    async def approve(self, action: Action) -> None:
        await self.clinic.harness.fake_paypal.approve(self._order_id(action, "PAYER_ACTION_REQUIRED"))

    async def disapprove(self, action: Action) -> None:
        """Withdraw an approval."""
        order = self._order_id(action, "APPROVED")
        await self.clinic.harness.fake_paypal.post(f"/orders/{order}/reverse-approval")

    async def execute(self, action: Action) -> None:
        """Return from PayPal's page."""
        payment = self._payment(action)
        payer = "SOMEBODYELSE" if action.number % 11 == 10 else PAYER_ID
        body = {"paymentId": payment["order_id"], "PayerID": payer}
        await self._post("execute", payment["patient_id"], "/api/payments/execute/", body, action)

    async def rush(self, action: Action) -> None:
        """Execute, settle and deliver a webhook, all at once."""
        payment, alive = self._payment(action), action._replace(verdict=None)
        await self.clinic.make_due()
        executions = [self.execute(alive) for _ in range(2 + action.number % 3)]
        await asyncio.gather(*executions, self.clinic.settle(payment), self.clinic.deliver(action.number))

    async def give_up(self, action: Action) -> None:
        """Cancel at PayPal's page."""
        payment = self._payment(action)
        body = {"paymentId": payment["order_id"]}
        await self._post("give_up", payment["patient_id"], "/api/payments/cancel/", body, action)

    async def cancel(self, action: Action) -> None:
        await self._change("cancel", "cancel", None, action)

    async def doctor_cancels(self, action: Action) -> None:
        """Cancel as the doctor; every third time also block the slot."""
        await self._change("doctor_cancels", "doctor_cancel", {"block": action.number % 3 == 1}, action)

    async def doctor_cancels_all(self, action: Action) -> None:
        path = f"{APPOINTMENTS}doctor_bulk_cancel/"
        await self._post("doctor_cancels_all", self.clinic.doctor, path, {}, action)

    async def move(self, action: Action) -> None:
        await self._change("move", "reschedule", {"appointment_date": self._slot(action)}, action)

    async def doctor_moves(self, action: Action) -> None:
        await self._change("doctor_moves", "doctor_reschedule", {"appointment_date": self._slot(action)}, action)

    async def change_fee(self, action: Action) -> None:
        fee = (0, 50, 100)[action.number % 3]
        change = "UPDATE doctor SET fee = $2 WHERE account_id = $1"
        await self.clinic.harness.db.execute(change, self.clinic.doctor, fee)

    async def deliver(self, action: Action) -> None:
        if not self.observed.ledger["orders"]:
            raise NothingToDo
        await self.clinic.deliver(action.number, action.crash_point("deliver"))

    async def settle(self, action: Action) -> None:
        await self.clinic.make_due()
        payment = _one(self.observed.payments, action, await self.clinic.due())
        await self.clinic.settle(payment, action.crash_point(purpose(payment)))

    async def reconcile(self, action: Action) -> None:
        await self.clinic.reconcile(action.crash_point("reconcile"))

    async def sweep(self, action: Action) -> None:
        await self.clinic.sweep(action.crash_point("sweep"))

    async def decide(self, action: Action) -> None:
        undecided = [thing for kind in self.observed.ledger.values() for thing in kind if thing["status"] == "PENDING"]
        await decide(self.clinic, FinalOutcome(action.number % 3 > 0, action.number % 4 > 0))
        if not undecided:
            raise NothingToDo

    async def age_holds(self, action: Action) -> None:
        """Let a hold lapse, or almost."""
        await self.clinic.age_holds(HOLD - 4 if action.number % 2 else HOLD)
        if not self.observed.appointments:
            raise NothingToDo

    async def lose_slot(self, action: Action) -> None:
        """Let the hold lapse and the other patient book its slot."""
        a = self._appointment(action, "pending")
        (other,) = set(self.clinic.patients) - {a["patient_id"]}
        await self.clinic.age_holds(HOLD)
        body = {"doctor": self.clinic.doctor, "appointment_date": a["during"].lower.isoformat()}
        await self.clinic.post("book", other, APPOINTMENTS, body, None)

    async def pass_time(self, action: Action) -> None:
        await self.clinic.age(TIMES[action.number % len(TIMES)])

    async def inject_fault(self, action: Action) -> None:
        """Add a fault, which the next usual action may meet."""
        await self.add_fault(FAULTS[action.number % len(FAULTS)], times=1 + action.number % 2)
        raise NothingToDo

    async def resume(self, action: Action) -> None:
        if not self.clinic.harness.processes.waiting:
            raise NothingToDo
        await self.clinic.resume(action.number, and_die=action.number % 5 == 0)

    async def kill_process(self, action: Action) -> None:
        await self.clinic.kill_process(ROLES[action.number % len(ROLES)])

    async def _change(self, name: str, call: str, body: object, action: Action) -> None:
        """Call an operation of a live appointment, as its patient or doctor."""
        a = self._appointment(action, *LIVE)
        account = self.clinic.doctor if call.startswith("doctor_") else a["patient_id"]
        await self._post(name, account, f"{APPOINTMENTS}{a['id']}/{call}/", body, action)

    async def _post(self, name: str, account: int, path: str, body: object, action: Action) -> None:
        await self.clinic.post(name, account, path, body, action.crash_point(name))

    def _slot(self, action: Action) -> str:
        return self.clinic.slots[action.number % len(self.clinic.slots)].isoformat()

    def _order_id(self, action: Action, status: str) -> str:
        ids = [str(order["id"]) for order in self.observed.ledger["orders"] if order["status"] == status]
        return _one(ids, action)

    def _payment(self, action: Action) -> asyncpg.Record:
        orders = [payment for payment in self.observed.payments if payment["order_id"]]
        return _one(orders, action, [payment for payment in orders if payment["status"] in OPEN])

    def _appointment(self, action: Action, *statuses: str) -> asyncpg.Record:
        found = self.observed.appointments
        return _one(found, action, [a for a in found if a["status"] in statuses])


def _one(things: list[T], action: Action, better: list[T] | None = None) -> T:
    """Return one of the things, in four of five cases one of `better`. Number 0 selects the last.

    Raises NothingToDo if there is none.
    """
    choice = better if better and action.number % 5 < 4 else things
    if not choice:
        raise NothingToDo
    return choice[-1 - action.number % len(choice)]
