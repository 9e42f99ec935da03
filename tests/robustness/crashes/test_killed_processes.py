"""Each action of a payment, killed at every one of its statements and calls: recovery corrects what is left behind."""

from typing import NamedTuple

import pytest

from tests.robustness.crashes.actions import Action, Fault
from tests.robustness.crashes.clinic import Clinic, Harness
from tests.robustness.crashes.crash_points import MOMENTS, Moment
from tests.robustness.crashes.history import History
from tests.robustness.crashes.processes import ROLES
from tests.robustness.crashes.recovery import FinalOutcome, violations_after_recovery, violations_now
from tests.robustness.crashes.steps import READING, SOAK, STEPS, survived, unknown


class Way(NamedTuple):
    """Preceding events, an action, and its first step that no other way has in the same state."""

    before: tuple[Action | Fault, ...]
    action: Action
    since: str = ""


BOOK, CREATE, EXECUTE, SETTLE = Action("book"), Action("create"), Action("execute"), Action("settle")
LEAVE_OFF = Action("execute", verdict="dies", point=("capture_order", "before"))
CAPTURE_ONLY = Action("execute", verdict="dies", point=("capture_order", "answered"))
ORDER_ONLY = Action("create", verdict="dies", point=("create_order", "answered"))
CANCELED, LOST, WELL = Action("doctor_cancels"), Action("lose_slot"), Action("decide", 1)
LATE, LAPSED = Action("age_holds", 1), Action("age_holds")

PENDING = Fault("capture_order", "pending")
DECLINED = Fault("capture_order", "refused", "INSTRUMENT_DECLINED")
REFUSED = Fault("capture_order", "refused", "TRANSACTION_REFUSED")
NO_ORDER = Fault("create_order", "refused", "PAYER_ACCOUNT_RESTRICTED")
LATER = Fault("refund_capture", "pending")
NO_REFUND = Fault("refund_capture", "refused", "TRANSACTION_REFUSED")

APPROVED = (BOOK, CREATE, Action("approve"))
PAID = (*APPROVED, EXECUTE)
ANEW = (LAPSED, *PAID)
WAYS = {
    "book": Way((), BOOK),
    "create": Way((BOOK,), CREATE),
    "create again": Way((BOOK, CREATE), CREATE, "api_payment"),
    "create what was cut short": Way((BOOK, ORDER_ONLY), CREATE, "create_order"),
    "create, refused": Way((BOOK, NO_ORDER), CREATE, "end_payment"),
    "execute": Way(APPROVED, EXECUTE),
    "execute, declined": Way((*APPROVED, DECLINED), EXECUTE, "record_decline"),
    "execute, refused": Way((*APPROVED, REFUSED), EXECUTE, "end_payment"),
    "execute, under review": Way((*APPROVED, PENDING), EXECUTE, "capture_order"),
    "execute, late": Way((*APPROVED, LATE), EXECUTE, "begin_capture"),
    "execute, late and declined": Way((*APPROVED, LATE, DECLINED), EXECUTE, "record_decline"),
    "execute, late and refused": Way((*APPROVED, LATE, REFUSED), EXECUTE, "end_payment"),
    "execute, lapsed": Way((*APPROVED, LAPSED), EXECUTE, "begin_capture"),
    "execute, lost": Way((*APPROVED, LOST), EXECUTE, "begin_capture"),
    "settle": Way(APPROVED, SETTLE),
    "settle, declined": Way((*APPROVED, DECLINED), SETTLE, "record_decline"),
    "settle, refused": Way((*APPROVED, REFUSED), SETTLE, "end_payment"),
    "settle what was cut short": Way((*APPROVED, LEAVE_OFF), SETTLE, "resume_capture"),
    "settle what was cut short and has lapsed": Way((*APPROVED, LEAVE_OFF, LAPSED), SETTLE, "resume_capture"),
    "settle what was cut short and is lost": Way((*APPROVED, LEAVE_OFF, LOST), SETTLE, "resume_capture"),
    "settle what was cut short and is canceled": Way((*APPROVED, LEAVE_OFF, CANCELED), SETTLE, "resume_capture"),
    "settle what was cut short and is paid anew": Way((*APPROVED, LEAVE_OFF, *ANEW), SETTLE, "resume_capture"),
    "settle what was captured and is lost": Way((*APPROVED, CAPTURE_ONLY, LOST), SETTLE, "record_capture"),
    "settle what was captured and is canceled": Way((*APPROVED, CAPTURE_ONLY, CANCELED), SETTLE, "record_capture"),
    "settle what was captured and is paid anew": Way((*APPROVED, CAPTURE_ONLY, *ANEW), SETTLE, "record_capture"),
    "settle what was under review": Way((*APPROVED, PENDING, EXECUTE, WELL), SETTLE, "record_capture"),
    "settle what was under review and is lost": Way(
        (*APPROVED, PENDING, CAPTURE_ONLY, LOST, WELL), SETTLE, "record_capture"
    ),
    "pay back": Way((*PAID, CANCELED), SETTLE),
    "pay back, later": Way((*PAID, CANCELED, LATER, SETTLE, WELL), SETTLE, "get_refund"),
    "pay back, refused": Way((*PAID, CANCELED, NO_REFUND), SETTLE, "refund_capture"),
    "pay back, seen again": Way((*PAID, CANCELED, Action("deliver")), SETTLE, "claim_payment"),
    "give up": Way((BOOK, CREATE), Action("give_up")),
    "cancel": Way(PAID, Action("cancel")),
    "doctor cancels": Way(PAID, CANCELED),
    "doctor cancels all": Way(PAID, Action("doctor_cancels_all")),
    "move": Way(PAID, Action("move", 1)),
    "doctor moves": Way(PAID, Action("doctor_moves", 1)),
    "deliver": Way(APPROVED, Action("deliver")),
    "sweep": Way((*APPROVED, LAPSED), Action("sweep")),
    "reconcile": Way(PAID, Action("reconcile")),
}


async def on_its_way(harness: Harness, way: Way) -> History:
    """Begin a history and do what comes before the action."""
    history = History(await Clinic.set(harness))
    for event in way.before:
        await (history.add_fault(event) if isinstance(event, Fault) else history.do(event))
    for role in ROLES if SOAK else ():
        await history.clinic.kill_process(role)  # each new process has to get a token from PayPal
    return history


async def points_of(harness: Harness, way: Way) -> list[tuple[str, str, Moment]]:
    """Return the points to die at, with the name that the action has among the steps.

    Before a step the state is that of the step before it, after a step that of the moment `sent`, and a step that only reads
    changes nothing. So `sent` is enough, at the steps that write.
    """
    history = await on_its_way(harness, way)
    before = harness.processes.tally.copy()
    await history.do(way.action)
    seen = harness.processes.tally - before
    assert not unknown(seen)
    assert not await violations_after_recovery(history.clinic, FinalOutcome())
    (name,) = {action for action, *_ in seen}
    steps = [step for step in STEPS[name] if seen[name, step, "before", "lives"]]
    since = steps if SOAK else steps[steps.index(way.since or steps[0]) :]
    return [(name, step, moment) for step in since for moment in MOMENTS if SOAK or is_enough(step, moment)]


def is_enough(step: str, moment: Moment) -> bool:
    """Whether the ordinary test dies there; a soak dies at every point."""
    return step not in READING and moment == "sent"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", WAYS)
async def test_recovery_after_death_at_each_point(harness: Harness, name: str) -> None:
    way = WAYS[name]
    for action, step, moment in await points_of(harness, way):
        history = await on_its_way(harness, way)
        before = harness.processes.tally[action, step, moment, "dies"]
        await history.do(way.action._replace(verdict="dies", point=(step, moment)))
        assert harness.processes.tally[action, step, moment, "dies"] == before + 1
        assert not await violations_now(history.clinic, history.observed), (step, moment)
        assert not await violations_after_recovery(history.clinic, FinalOutcome()), (step, moment)


async def test_a_process_died_at_every_step(harness: Harness) -> None:
    assert not [point for point in survived(harness.processes.tally) if SOAK or is_enough(*point[1:])]
