"""Which operations are interleaved, and the scenarios in which a pair of them conflicts."""

from collections.abc import Iterator
from itertools import combinations_with_replacement, product
from typing import NamedTuple

from tests.robustness.interleaving.operations import OPERATIONS
from tests.robustness.interleaving.setups import D, E, P, Place, Q, R, S, Scenario, ScenarioPayment, Target

SAME_SLOT = Scenario(  # two appointments and two patients for one slot
    held=(Place(D, P, 0), Place(D, Q, 1)),
    lapsed=Place(D, S, 4),
    targets=(
        Target(D, has=0, booker=R, wants=4, to=4, off=4, cap=2),
        Target(D, has=1, booker=S, wants=4, to=4, off=4, cap=2),
    ),
)
ONE_APPOINTMENT = Scenario(  # both act on the same one
    held=(Place(D, P, 0),),
    waiting=True,
    targets=(
        Target(D, has=0, booker=R, wants=0, to=4, off=0, clears=True, cap=1),
        Target(D, has=0, booker=S, wants=0, to=6, off=0, clears=True, cap=1),
    ),
)
FREED_SLOT = Scenario(  # another patient books what one side frees
    held=(Place(D, P, 0),),
    targets=(Target(D, has=0, booker=R, wants=0, to=4, off=4), Target(D, has=0, booker=S, wants=0, to=4, off=4)),
)
BLOCKED_SLOT = FREED_SLOT._replace(
    targets=(FREED_SLOT.targets[0], FREED_SLOT.targets[1]._replace(off=0, clears=True)),
)
LAPSED_HOLD = Scenario(lapsed=Place(D, P, 0), targets=ONE_APPOINTMENT.targets)
LAST_SEAT = Scenario(
    held=(Place(D, P, 0),),
    lapsed=Place(D, Q, 4),
    cap=2,
    targets=(
        Target(D, has=0, booker=R, wants=4, to=8, off=8, cap=1),
        Target(D, has=0, booker=S, wants=6, to=9, off=9, cap=1),
    ),
)
# 29 of 30 seats are taken, and a lapsed hold has the last one; its patient's booking elsewhere retires the hold
LAPSED_SEAT = Scenario(
    held=tuple(Place(D, Q, 10 + n) for n in range(29)),
    lapsed=Place(D, P, 4),
    targets=(Target(D, has=0, booker=R, wants=6, to=9, off=9), Target(E, has=0, booker=P, wants=4, to=9, off=9)),
)
FREED_SEAT = Scenario(
    held=(Place(D, P, 0),),
    cap=1,
    targets=(
        Target(D, has=0, booker=R, wants=4, to=8, off=0, clears=True),
        Target(D, has=0, booker=S, wants=6, to=9, off=0, clears=True),
    ),
)
ONE_PATIENT = Scenario(  # a patient who would be with two doctors at once
    held=(Place(D, P, 0), Place(E, P, 1)),
    lapsed=Place(D, P, 4),
    targets=(Target(D, has=0, booker=P, wants=4, to=4, off=4), Target(E, has=1, booker=P, wants=4, to=4, off=4)),
)
# another patient books the slot of a lapsed hold, whose patient books elsewhere at that time
PATIENT_WHO_LAPSED = ONE_PATIENT._replace(targets=(ONE_PATIENT.targets[0]._replace(booker=R), ONE_PATIENT.targets[1]))
FREED_PATIENT = Scenario(  # a patient who can be with one doctor only after leaving the other
    held=(Place(D, P, 4), Place(E, P, 1)),
    waiting=True,
    targets=(
        Target(D, has=0, booker=P, wants=0, to=0, off=4, clears=True),
        Target(E, has=1, booker=P, wants=4, to=4, off=4),
    ),
)
LAST_HOLD = Scenario(
    held=(Place(D, P, 0),),
    fee=100,
    targets=(Target(D, has=0, booker=P, wants=4, to=9, off=9), Target(E, has=0, booker=P, wants=6, to=9, off=9)),
)
FREED_HOLD = Scenario(
    held=(Place(D, P, 0), Place(E, P, 1)),
    fee=100,
    targets=(
        Target(D, has=0, booker=R, wants=4, to=9, off=0, clears=True),
        Target(E, has=1, booker=P, wants=6, to=9, off=9),
    ),
)

PAYING = Scenario(  # for a slot that the other side wants
    held=(Place(D, P, 0),),
    fee=100,
    payments=(ScenarioPayment(0),),
    targets=(
        Target(D, has=0, booker=R, wants=0, to=4, off=0, clears=True),
        Target(D, has=0, booker=R, wants=0, to=6, off=0, clears=True),
    ),
)
TAKING = PAYING._replace(payments=(ScenarioPayment(0, "capturing"),))
TWO_PAYMENTS = PAYING._replace(
    payments=(ScenarioPayment(0), ScenarioPayment(0)), targets=(PAYING.targets[0], PAYING.targets[1]._replace(pays=1))
)
PAYING_LATE = PAYING._replace(held=(), lapsed=Place(D, P, 0))
TAKING_LATE = TAKING._replace(held=(), lapsed=Place(D, P, 0))
# the patient's booking elsewhere retires the lapsed hold
PAYER_ELSEWHERE = PAYING_LATE._replace(targets=(PAYING.targets[0], Target(E, has=0, booker=P, wants=0, to=9, off=9)))

TAKE_A_SLOT = ("book", "reschedule", "doctor_reschedule")
FREE_A_SLOT = ("cancel", "bulk_cancel", "time_off", "hours")
MOVES = ("reschedule", "doctor_reschedule")
CLOCK = ("lapse", "sweep")
AGAINST_MONEY = ("cancel", "bulk_cancel", "reschedule")
PAIRS = {
    "rivals": (SAME_SLOT, combinations_with_replacement(OPERATIONS, 2)),
    "one appointment": (ONE_APPOINTMENT, combinations_with_replacement((*FREE_A_SLOT, *MOVES), 2)),
    "freed slot": (FREED_SLOT, product(["book"], ("cancel", "bulk_cancel", *MOVES))),
    "blocked slot": (BLOCKED_SLOT, product(["book"], ("bulk_cancel", "doctor_reschedule", "time_off", "hours"))),
    "lapsed hold": (LAPSED_HOLD, product(CLOCK, (*FREE_A_SLOT, *MOVES))),
    "last seat": (LAST_SEAT, product(("book", "lapse"), ("book", "cap", "sweep"))),
    "lapsed seat": (LAPSED_SEAT, [("lapse", "book")]),
    "freed seat": (FREED_SEAT, product(["book"], FREE_A_SLOT)),
    "one patient": (ONE_PATIENT, product(TAKE_A_SLOT, TAKE_A_SLOT)),
    "patient who lapsed": (PATIENT_WHO_LAPSED, product(CLOCK, TAKE_A_SLOT)),
    "freed patient": (FREED_PATIENT, product((*FREE_A_SLOT, *MOVES), TAKE_A_SLOT)),
    "last hold": (LAST_HOLD, [("book", "book")]),
    "freed hold": (FREED_HOLD, product(FREE_A_SLOT, ["book"])),
    "paying": (PAYING, product(("begin_capture", "give_up"), (*AGAINST_MONEY, "begin_capture", "give_up"))),
    "taking": (
        TAKING,
        [
            *product(("capture",), (*AGAINST_MONEY, "time_off", "resume_capture", "capture")),
            *product(("resume_capture",), ("cancel", "bulk_cancel")),
        ],
    ),
    "two payments": (
        TWO_PAYMENTS,
        [*combinations_with_replacement(("begin_capture", "capture"), 2), ("give_up", "capture")],
    ),
    "paying late": (PAYING_LATE, [*product(("begin_capture", "capture"), CLOCK), ("begin_capture", "begin_capture")]),
    "taking late": (TAKING_LATE, product(("resume_capture",), CLOCK)),
    "payer elsewhere": (PAYER_ELSEWHERE, product(("begin_capture", "capture"), ["book"])),
}
# Scenarios that are about a lapsed hold.
LATE = {"lapsed hold", "paying late", "taking late", "payer elsewhere"}
# Scenarios in which one side is refused in either order.
ONE_ALWAYS_REFUSED = {"lapsed hold", "blocked slot"}
# Here the seat is free for a moment, so that the loser does not wait but has to retry.
RETRIED = {"lapsed seat"}


class Case(NamedTuple):
    name: str
    scenario: Scenario
    operations: tuple[str, str]

    def __str__(self) -> str:
        return f"{self.name}-{'-'.join(self.operations)}"


def cases() -> Iterator[Case]:
    """Return every pair in every scenario in which it conflicts. Lapsed holds are left to the operations of CLOCK."""
    for name, (scenario, pairs) in PAIRS.items():
        for pair in pairs:
            lapses = name in LATE or not {*pair}.isdisjoint(CLOCK)
            yield Case(name, scenario if lapses else scenario._replace(lapsed=None), pair)
