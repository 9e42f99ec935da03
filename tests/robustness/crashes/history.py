"""One history of payments: named actions on existing appointments and payments, with or without a crash point."""

import asyncio
from datetime import timedelta
from typing import Any, TypeVar

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


class History:
    """The actions. Each returns False if there is nothing to do it to."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.observed = ObservedState([], [], {"orders": [], "captures": [], "refunds": []})

    async def do(self, action: Action) -> None:
        """Do an action, or the next usual one if it is impossible, and observe the outcome."""
        if not await getattr(self, action.name)(action):
            await self.next(action)
        self.observed = await self.clinic.observe()

    async def add_fault(self, fault: Fault, times: int = 1) -> None:
        more = {"issue": fault.issue} if fault.issue else {}
        await self.clinic.harness.fake_paypal.add_fault(fault.operation, fault.kind, times=times, **more)

    async def next(self, action: Action) -> bool:
        """Do the next step of a history in which nothing goes wrong."""
        a = next((a for a in reversed(self.observed.appointments) if a["status"] in LIVE), None)
        if a is None and any(due["refund_total"] for due in await self.clinic.due()):
            return await self.settle(action)
        if a is None:
            return await self.book(action)
        if a["status"] == "confirmed":
            return await (self.cancel, self.doctor_cancels, self.doctor_cancels_all)[action.number % 3](action)
        return await self._pay(action, a)

    async def _pay(self, action: Action, a: asyncpg.Record) -> bool:
        payments = [payment for payment in self.observed.payments if payment["appointment_id"] == a["id"]]
        if not payments or payments[-1]["status"] in ENDED or payments[-1]["order_id"] is None:
            return await self.create(action)
        order = next(order for order in self.observed.ledger["orders"] if order["id"] == payments[-1]["order_id"])
        if order["status"] == "PAYER_ACTION_REQUIRED":
            return await self.approve(action)
        return await (self.settle if action.number % 3 else self.execute)(action)

    async def book(self, action: Action) -> bool:
        body = {"doctor": self.clinic.doctor, "appointment_date": self._slot(action)}
        await self._post("book", self.clinic.patients[action.number % 2], APPOINTMENTS, body, action)
        return True

    async def create(self, action: Action) -> bool:
        """Begin a payment."""
        if a := self._appointment(action, "pending"):
            body = {"appointment_id": a["id"], "amount": str(a["fee"]), "currency": "USD"}
            await self._post("create", a["patient_id"], "/api/payments/create/", body, action)
        return a is not None

    async def approve(self, action: Action) -> bool:
        if order := self._order(action, "PAYER_ACTION_REQUIRED"):
            await self.clinic.harness.fake_paypal.approve(order["id"])
        return order is not None

    async def disapprove(self, action: Action) -> bool:
        """Withdraw an approval."""
        if order := self._order(action, "APPROVED"):
            await self.clinic.harness.fake_paypal.post(f"/orders/{order['id']}/reverse-approval")
        return order is not None

    async def execute(self, action: Action) -> bool:
        """Return from PayPal's page."""
        if payment := self._payment(action):
            payer = "SOMEBODYELSE" if action.number % 11 == 10 else PAYER_ID
            body = {"paymentId": payment["order_id"], "PayerID": payer}
            await self._post("execute", payment["patient_id"], "/api/payments/execute/", body, action)
        return payment is not None

    async def rush(self, action: Action) -> bool:
        """Execute, settle and deliver a webhook, all at once."""
        payment, alive = self._payment(action), action._replace(verdict=None)
        if payment is None:
            return False
        await self.clinic.make_due()
        executions = [self.execute(alive) for _ in range(2 + action.number % 3)]
        await asyncio.gather(*executions, self.clinic.settle(payment), self.clinic.deliver(action.number))
        return True

    async def give_up(self, action: Action) -> bool:
        """Cancel at PayPal's page."""
        if payment := self._payment(action):
            body = {"paymentId": payment["order_id"]}
            await self._post("give_up", payment["patient_id"], "/api/payments/cancel/", body, action)
        return payment is not None

    async def cancel(self, action: Action) -> bool:
        if a := self._appointment(action, *LIVE):
            await self._post("cancel", a["patient_id"], f"{APPOINTMENTS}{a['id']}/cancel/", None, action)
        return a is not None

    async def doctor_cancels(self, action: Action) -> bool:
        """Cancel as the doctor; every third time also block the slot."""
        if a := self._appointment(action, *LIVE):
            body, path = {"block": action.number % 3 == 1}, f"{APPOINTMENTS}{a['id']}/doctor_cancel/"
            await self._post("doctor_cancels", self.clinic.doctor, path, body, action)
        return a is not None

    async def doctor_cancels_all(self, action: Action) -> bool:
        path = f"{APPOINTMENTS}doctor_bulk_cancel/"
        await self._post("doctor_cancels_all", self.clinic.doctor, path, {}, action)
        return True

    async def move(self, action: Action) -> bool:
        if a := self._appointment(action, *LIVE):
            body, path = {"appointment_date": self._slot(action)}, f"{APPOINTMENTS}{a['id']}/reschedule/"
            await self._post("move", a["patient_id"], path, body, action)
        return a is not None

    async def doctor_moves(self, action: Action) -> bool:
        if a := self._appointment(action, *LIVE):
            body, path = {"appointment_date": self._slot(action)}, f"{APPOINTMENTS}{a['id']}/doctor_reschedule/"
            await self._post("doctor_moves", self.clinic.doctor, path, body, action)
        return a is not None

    async def change_fee(self, action: Action) -> bool:
        fee = (0, 50, 100)[action.number % 3]
        change = "UPDATE doctor SET fee = $2 WHERE account_id = $1"
        await self.clinic.harness.db.execute(change, self.clinic.doctor, fee)
        return True

    async def deliver(self, action: Action) -> bool:
        if self.observed.ledger["orders"]:
            await self.clinic.deliver(action.number, action.crash_point("deliver"))
        return bool(self.observed.ledger["orders"])

    async def settle(self, action: Action) -> bool:
        await self.clinic.make_due()
        if payment := _one(self.observed.payments, action, await self.clinic.due()):
            await self.clinic.settle(payment, action.crash_point(purpose(payment)))
        return payment is not None

    async def reconcile(self, action: Action) -> bool:
        await self.clinic.reconcile(action.crash_point("reconcile"))
        return True

    async def sweep(self, action: Action) -> bool:
        await self.clinic.sweep(action.crash_point("sweep"))
        return True

    async def decide(self, action: Action) -> bool:
        undecided = [thing for kind in self.observed.ledger.values() for thing in kind if thing["status"] == "PENDING"]
        await decide(self.clinic, FinalOutcome(action.number % 3 > 0, action.number % 4 > 0))
        return bool(undecided)

    async def age_holds(self, action: Action) -> bool:
        """Let a hold lapse, or almost."""
        await self.clinic.age_holds(HOLD - 4 if action.number % 2 else HOLD)
        return bool(self.observed.appointments)

    async def lose_slot(self, action: Action) -> bool:
        """Let the hold lapse and the other patient book its slot."""
        if a := self._appointment(action, "pending"):
            (other,) = set(self.clinic.patients) - {a["patient_id"]}
            await self.clinic.age_holds(HOLD)
            body = {"doctor": self.clinic.doctor, "appointment_date": a["during"].lower.isoformat()}
            await self.clinic.post("book", other, APPOINTMENTS, body, None)
        return a is not None

    async def pass_time(self, action: Action) -> bool:
        await self.clinic.age(TIMES[action.number % len(TIMES)])
        return True

    async def inject_fault(self, action: Action) -> bool:
        await self.add_fault(FAULTS[action.number % len(FAULTS)], times=1 + action.number % 2)
        return False  # and let it go wrong

    async def resume(self, action: Action) -> bool:
        is_anyone_waiting = bool(self.clinic.harness.processes.waiting)
        await self.clinic.resume(action.number, and_die=action.number % 5 == 0)
        return is_anyone_waiting

    async def kill_process(self, action: Action) -> bool:
        await self.clinic.kill_process(ROLES[action.number % len(ROLES)])
        return True

    async def _post(self, name: str, account: int, path: str, body: object, action: Action) -> None:
        await self.clinic.post(name, account, path, body, action.crash_point(name))

    def _slot(self, action: Action) -> str:
        return self.clinic.slots[action.number % len(self.clinic.slots)].isoformat()

    def _order(self, action: Action, status: str) -> Any:
        return _one([order for order in self.observed.ledger["orders"] if order["status"] == status], action)

    def _payment(self, action: Action) -> asyncpg.Record | None:
        orders = [payment for payment in self.observed.payments if payment["order_id"]]
        return _one(orders, action, [payment for payment in orders if payment["status"] in OPEN])

    def _appointment(self, action: Action, *statuses: str) -> asyncpg.Record | None:
        found = self.observed.appointments
        return _one(found, action, [a for a in found if a["status"] in statuses])


def _one(things: list[T], action: Action, better: list[T] | None = None) -> T | None:
    """Return one of the things, in four of five cases one of `better`. Number 0 selects the last."""
    choice = better if better and action.number % 5 < 4 else things
    return choice[-1 - action.number % len(choice)] if choice else None
