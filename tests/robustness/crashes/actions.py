"""The actions of a history, and the faults of PayPal."""

from typing import NamedTuple

from tests.robustness.crashes.crash_points import MOMENTS, CrashPoint, Moment, Verdict
from tests.robustness.crashes.steps import READING, STEPS


class Fault(NamedTuple):
    """A fault that PayPal has at its next call of `operation`."""

    operation: str
    kind: str
    issue: str = ""


OUTCOMES = (
    *2 * (Fault("capture_order", "pending"),),
    Fault("capture_order", "declined"),
    *2 * (Fault("capture_order", "refused", "INSTRUMENT_DECLINED"),),
    Fault("capture_order", "refused", "TRANSACTION_REFUSED"),
    *2 * (Fault("refund_capture", "pending"),),
    Fault("refund_capture", "failed"),
    Fault("refund_capture", "refused", "TRANSACTION_REFUSED"),
    Fault("create_order", "refused", "PAYER_ACCOUNT_RESTRICTED"),
)
CALLS = ("token", "create_order", "get_order", "capture_order", "capture_order", "refund_capture", "get_refund")
TRANSPORT_FAULTS = ("drop_before", "drop_after", "error_before", "error_after", "garbage", "unauthorized")
FAULTS = (*OUTCOMES, *(Fault(call, mishap) for call in CALLS for mishap in TRANSPORT_FAULTS))

# Weights. In place of an action that is impossible, History does the next usual one.
WEIGHTS = {
    "next": 16,
    "inject_fault": 6,
    **dict.fromkeys(("execute", "settle", "resume"), 5),
    "deliver": 4,
    **dict.fromkeys(("lose_slot", "age_holds"), 3),
    **dict.fromkeys(("rush", "decide"), 2),
    **dict.fromkeys(("book", "create", "approve", "disapprove", "give_up", "move", "cancel", "change_fee"), 1),
    **dict.fromkeys(("doctor_moves", "doctor_cancels", "doctor_cancels_all"), 1),
    **dict.fromkeys(("sweep", "reconcile", "pass_time", "kill_process"), 1),
}


class Action(NamedTuple):
    """An action on one of the things there are: the one at index `number`, modulo their count.

    With a verdict its process dies or waits, at `point` or else at a point that the number selects.
    """

    name: str
    number: int = 0
    verdict: Verdict | None = None
    point: tuple[str, Moment] | None = None

    def crash_point(self, name: str) -> CrashPoint | None:
        """Return where the action, called `name` among the steps, dies or waits."""
        if self.verdict is None:
            return None
        step, moment = self.point or self._some_point(name)
        return CrashPoint(step=step, moment=moment, verdict=self.verdict)

    def _some_point(self, name: str) -> tuple[str, Moment]:
        steps = [step for step in STEPS[name] for _ in range(1 if step in READING else 3)]
        moments: tuple[Moment, ...] = MOMENTS
        if self.verdict == "waits":
            steps = [step for step in steps if step != "token"]  # the whole process would wait for it
            moments = (MOMENTS[0], MOMENTS[2])
        points = [(step, moment) for step in steps for moment in moments]
        return points[self.number % len(points)]
