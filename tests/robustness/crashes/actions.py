"""What there is to be done in a history, and what may go wrong at PayPal."""

from typing import NamedTuple

from tests.robustness.crashes.crash_points import MOMENTS, Fate, Moment, Verdict
from tests.robustness.crashes.steps import READING, STEPS


class Trouble(NamedTuple):
    """What goes wrong at PayPal, the next time that it is asked."""

    operation: str
    kind: str
    issue: str = ""


OUTCOMES = (
    *2 * (Trouble("capture_order", "pending"),),
    Trouble("capture_order", "declined"),
    *2 * (Trouble("capture_order", "refused", "INSTRUMENT_DECLINED"),),
    Trouble("capture_order", "refused", "TRANSACTION_REFUSED"),
    *2 * (Trouble("refund_capture", "pending"),),
    Trouble("refund_capture", "failed"),
    Trouble("refund_capture", "refused", "TRANSACTION_REFUSED"),
    Trouble("create_order", "refused", "PAYER_ACCOUNT_RESTRICTED"),
)
CALLS = ("token", "create_order", "get_order", "capture_order", "capture_order", "refund_capture", "get_refund")
MISHAPS = ("drop_before", "drop_after", "error_before", "error_after", "garbage", "unauthorized")
TROUBLES = (*OUTCOMES, *(Trouble(call, mishap) for call in CALLS for mishap in MISHAPS))

# How often each is done, in some 60. What cannot be done just then makes room for what comes next where all goes well.
OFTEN = {
    "next": 16,
    "execute": 5,
    "settle": 5,
    "go_wrong": 6,
    "go_on": 5,
    "deliver": 4,
    "cancel": 1,
    "doctor_cancels": 1,
    "doctor_cancels_all": 1,
    "lose": 3,
    "crowd": 2,
    "linger": 3,
    "decide": 2,
    "book": 1,
    "create": 1,
    "approve": 1,
    "disapprove": 1,
    "give_up": 1,
    "move": 1,
    "doctor_moves": 1,
    "sweep": 1,
    "reconcile": 1,
    "pass_time": 1,
    "change_fee": 1,
    "die": 1,
}


class Act(NamedTuple):
    """What is done; `number` says to what, counted round and round.

    With a verdict it leaves off, at `point` or else at one that the number says.
    """

    name: str
    number: int = 0
    verdict: Verdict | None = None
    point: tuple[str, Moment] | None = None

    def fate(self, name: str) -> Fate | None:
        """Return where it leaves off, as the act `name`."""
        if self.verdict is None:
            return None
        step, moment = self.point or self._some_point(name)
        return Fate(step=step, moment=moment, verdict=self.verdict)

    def _some_point(self, name: str) -> tuple[str, Moment]:
        steps = [step for step in STEPS[name] for _ in range(1 if step in READING else 3)]
        moments: tuple[Moment, ...] = MOMENTS
        if self.verdict == "waits":
            steps = [step for step in steps if step != "token"]  # its whole process would wait for that
            moments = (MOMENTS[0], MOMENTS[2])
        points = [(step, moment) for step in steps for moment in moments]
        return points[self.number % len(points)]
