"""One history of payments: acts by name, each of something that there is, with a fate or without."""

import asyncio
from datetime import timedelta
from typing import Any, TypeVar

import asyncpg

from app.sandbox.paypal.serializers import PAYER_ID
from tests.robustness.crashes.actions import TROUBLES, Act, Trouble
from tests.robustness.crashes.clinic import Known, Scene, purpose
from tests.robustness.crashes.processes import ROLES
from tests.robustness.crashes.recovery import Ending, decide

T = TypeVar("T")

OPEN, ENDED, LIVE = ("created", "approved", "capturing"), ("canceled", "failed"), ("pending", "confirmed")
APPOINTMENTS = "/api/appointments/appointments/"
HOLD = 16  # minutes, a little more than policy.hold_minutes
TIMES = (timedelta(minutes=30), timedelta(hours=7), timedelta(hours=25))


class History:
    """The acts. Each returns False where there is nothing to do it to."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.known = Known([], [], {"orders": [], "captures": [], "refunds": []})

    async def do(self, act: Act) -> None:
        """Do something, and look what has come about."""
        if not await getattr(self, act.name)(act):
            await self.next(act)
        self.known = await self.scene.look()

    async def suffer(self, trouble: Trouble, times: int = 1) -> None:
        """Have something go wrong."""
        more = {"issue": trouble.issue} if trouble.issue else {}
        await self.scene.stage.till.have(trouble.operation, trouble.kind, times=times, **more)

    async def next(self, act: Act) -> bool:
        """Do what comes next where all goes well."""
        a = next((a for a in reversed(self.known.appointments) if a["status"] in LIVE), None)
        if a is None and any(due["refund_total"] for due in await self.scene.due()):
            return await self.settle(act)
        if a is None:
            return await self.book(act)
        if a["status"] == "confirmed":
            return await (self.cancel, self.doctor_cancels, self.doctor_cancels_all)[act.number % 3](act)
        return await self._pay(act, a)

    async def _pay(self, act: Act, a: asyncpg.Record) -> bool:
        payments = [payment for payment in self.known.payments if payment["appointment_id"] == a["id"]]
        if not payments or payments[-1]["status"] in ENDED or payments[-1]["order_id"] is None:
            return await self.create(act)
        order = next(order for order in self.known.ledger["orders"] if order["id"] == payments[-1]["order_id"])
        if order["status"] == "PAYER_ACTION_REQUIRED":
            return await self.approve(act)
        return await (self.settle if act.number % 3 else self.execute)(act)

    async def book(self, act: Act) -> bool:
        body = {"doctor": self.scene.doctor, "appointment_date": self._slot(act)}
        await self.scene.as_patient("book", self.scene.patients[act.number % 2], APPOINTMENTS, body, act.fate("book"))
        return True

    async def create(self, act: Act) -> bool:
        """Begin to pay."""
        if a := self._appointment(act, "pending"):
            body = {"appointment_id": a["id"], "amount": str(a["fee"]), "currency": "USD"}
            await self._patient("create", a, "/api/payments/create/", body, act)
        return a is not None

    async def approve(self, act: Act) -> bool:
        if order := self._order(act, "PAYER_ACTION_REQUIRED"):
            await self.scene.stage.till.approve(order["id"])
        return order is not None

    async def disapprove(self, act: Act) -> bool:
        """Take an approval back."""
        if order := self._order(act, "APPROVED"):
            await self.scene.stage.till.post(f"/orders/{order['id']}/reverse-approval")
        return order is not None

    async def execute(self, act: Act) -> bool:
        """Come back from PayPal."""
        if payment := self._payment(act):
            payer = "SOMEBODYELSE" if act.number % 11 == 10 else PAYER_ID
            body = {"paymentId": payment["order_id"], "PayerID": payer}
            await self._patient("execute", payment, "/api/payments/execute/", body, act)
        return payment is not None

    async def crowd(self, act: Act) -> bool:
        """Everybody at once, in whatever order it comes about."""
        payment, alive = self._payment(act), act._replace(verdict=None)
        if payment is None:
            return False
        await self.scene.make_due()
        executions = [self.execute(alive) for _ in range(2 + act.number % 3)]
        await asyncio.gather(*executions, self.scene.settle(payment), self.scene.deliver(act.number))
        return True

    async def give_up(self, act: Act) -> bool:
        """Turn back at PayPal."""
        if payment := self._payment(act):
            await self._patient("give_up", payment, "/api/payments/cancel/", {"paymentId": payment["order_id"]}, act)
        return payment is not None

    async def cancel(self, act: Act) -> bool:
        if a := self._appointment(act, *LIVE):
            await self._patient("cancel", a, f"{APPOINTMENTS}{a['id']}/cancel/", None, act)
        return a is not None

    async def doctor_cancels(self, act: Act) -> bool:
        """The doctor cancels; for some, that time is off then."""
        if a := self._appointment(act, *LIVE):
            body = {"block": act.number % 3 == 1}
            path = f"{APPOINTMENTS}{a['id']}/doctor_cancel/"
            await self.scene.as_doctor("doctor_cancels", path, body, act.fate("doctor_cancels"))
        return a is not None

    async def doctor_cancels_all(self, act: Act) -> bool:
        path = f"{APPOINTMENTS}doctor_bulk_cancel/"
        await self.scene.as_doctor("doctor_cancels_all", path, {}, act.fate("doctor_cancels_all"))
        return True

    async def move(self, act: Act) -> bool:
        if a := self._appointment(act, *LIVE):
            body = {"appointment_date": self._slot(act)}
            await self._patient("move", a, f"{APPOINTMENTS}{a['id']}/reschedule/", body, act)
        return a is not None

    async def doctor_moves(self, act: Act) -> bool:
        if a := self._appointment(act, *LIVE):
            body = {"appointment_date": self._slot(act)}
            path = f"{APPOINTMENTS}{a['id']}/doctor_reschedule/"
            await self.scene.as_doctor("doctor_moves", path, body, act.fate("doctor_moves"))
        return a is not None

    async def change_fee(self, act: Act) -> bool:
        await self.scene.change_fee((0, 50, 100)[act.number % 3])
        return True

    async def deliver(self, act: Act) -> bool:
        if self.known.ledger["orders"]:
            await self.scene.deliver(act.number, act.fate("deliver"))
        return bool(self.known.ledger["orders"])

    async def settle(self, act: Act) -> bool:
        await self.scene.make_due()
        if payment := _one(self.known.payments, act, await self.scene.due()):
            await self.scene.settle(payment, act.fate(purpose(payment)))
        return payment is not None

    async def reconcile(self, act: Act) -> bool:
        await self.scene.reconcile(act.fate("reconcile"))
        return True

    async def sweep(self, act: Act) -> bool:
        await self.scene.sweep(act.fate("sweep"))
        return True

    async def decide(self, act: Act) -> bool:
        undecided = [thing for kind in self.known.ledger.values() for thing in kind if thing["status"] == "PENDING"]
        await decide(self.scene, Ending(act.number % 3 > 0, act.number % 4 > 0))
        return bool(undecided)

    async def linger(self, act: Act) -> bool:
        """Let most of a hold's time pass, or all of it."""
        await self.scene.linger(HOLD - 4 if act.number % 2 else HOLD)
        return bool(self.known.appointments)

    async def lose(self, act: Act) -> bool:
        """Let somebody else take the slot of a hold that has lapsed."""
        if a := self._appointment(act, "pending"):
            (other,) = set(self.scene.patients) - {a["patient_id"]}
            await self.scene.linger(HOLD)
            body = {"doctor": self.scene.doctor, "appointment_date": a["during"].lower.isoformat()}
            await self.scene.as_patient("book", other, APPOINTMENTS, body, None)
        return a is not None

    async def pass_time(self, act: Act) -> bool:
        await self.scene.age(TIMES[act.number % len(TIMES)])
        return True

    async def go_wrong(self, act: Act) -> bool:
        await self.suffer(TROUBLES[act.number % len(TROUBLES)], times=1 + act.number % 2)
        return False  # and let it go wrong

    async def go_on(self, act: Act) -> bool:
        is_anyone_waiting = bool(self.scene.stage.crew.waiting)
        await self.scene.go_on(act.number, and_die=act.number % 5 == 0)
        return is_anyone_waiting

    async def die(self, act: Act) -> bool:
        await self.scene.die(ROLES[act.number % len(ROLES)])
        return True

    async def _patient(self, name: str, whose: asyncpg.Record, path: str, body: object, act: Act) -> None:
        await self.scene.as_patient(name, whose["patient_id"], path, body, act.fate(name))

    def _slot(self, act: Act) -> str:
        return self.scene.slots[act.number % len(self.scene.slots)].isoformat()

    def _order(self, act: Act, status: str) -> Any:
        return _one([order for order in self.known.ledger["orders"] if order["status"] == status], act)

    def _payment(self, act: Act) -> asyncpg.Record | None:
        orders = [payment for payment in self.known.payments if payment["order_id"]]
        return _one(orders, act, [payment for payment in orders if payment["status"] in OPEN])

    def _appointment(self, act: Act, *statuses: str) -> asyncpg.Record | None:
        found = self.known.appointments
        return _one(found, act, [a for a in found if a["status"] in statuses])


def _one(things: list[T], act: Act, better: list[T] | None = None) -> T | None:
    """Return one of the things, most often one of the better, if there are any: for number 0 the last."""
    choice = better if better and act.number % 5 < 4 else things
    return choice[-1 - act.number % len(choice)] if choice else None
