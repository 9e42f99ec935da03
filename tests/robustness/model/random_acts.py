"""The acts of the simulated practice, and random arguments for them."""

import inspect
from collections.abc import Callable
from random import Random
from types import NoneType
from typing import get_args

from tests.robustness.model.model_choices import STEPS, ZONES

# Weights.
ACTS = {
    "book": 50,
    "book_the_next": 16,
    **dict.fromkeys(("reschedule", "work"), 14),
    **dict.fromkeys(("book_on_time", "record_visit", "correct_on_time", "join_waitlist"), 8),
    **dict.fromkeys(("book_as_a_hold_lapses", "cancel", "cancel_on_time", "record_on_time"), 6),
    "explain": 4,
    "end_time_off": 3,
    **dict.fromkeys(("book_too_many", "change_practice", "take_time_off", "leave_waitlist"), 2),
    **dict.fromkeys(("search", "bulk_cancel", "change_hours", "register"), 1),
}
STARTS = [*6 * ["free"], "elsewhere", "elsewhere", "taken", "taken", "away", "grid", "near", "near", "anywhere"]
CHANGES: dict[str, tuple[object, ...]] = {
    "timezone": tuple(range(len(ZONES) + 1)),
    "lengths": STEPS,
    "max_appointments": (30, 30, 30, 30, 3, 0),
    "fee": (0, 0, 0, 100),
}


def _number(random: Random) -> int:
    return random.randrange(10_000)


def _regular(random: Random) -> int:
    return random.choice(
        [_number(random), random.randrange(3)]
    )  # the first three act so often that they conflict with themselves


def _half(random: Random) -> bool:
    return random.random() < 0.5


def _seldom(random: Random) -> bool:
    return random.random() < 0.1


def _changes(random: Random) -> dict[str, object]:
    return {name: random.choice(CHANGES[name]) for name in random.sample(list(CHANGES), random.randint(0, 2))}


# by the name of the parameter
GENERATORS: dict[str, Callable[[Random], object]] = {
    "patient": _regular,
    **dict.fromkeys(("doctor", "number", "week"), _number),
    **dict.fromkeys(("stranger", "block", "by_admin", "dry_run"), _seldom),
    **dict.fromkeys(("cancel", "before", "enters"), _half),
    "start": lambda random: (random.choice(STARTS), _number(random)),
    "edge": lambda random: (random.choice(["start", "end", "deadline", "correction", "hold"]), _half(random)),
    "day": lambda random: (random.choice(["any", "soon", "late", "visit"]), _number(random)),
    "actor": lambda random: random.choice(["patient", "patient", "doctor", "admin"]),
    "where": lambda random: random.choice(["start", "end"]),
    "status": lambda random: random.choice(["completed", "no_show"]),
    "minutes": lambda random: random.choice([0, 5, 90, 3000]),
    "limit": lambda random: random.randint(1, 50),
    "changes": _changes,
}


def random_action(act: Callable[..., None], random: Random) -> dict[str, object]:
    """Return random arguments for an act. An argument that may be None is None half of the time."""
    parameters = inspect.signature(act).parameters.values()
    left_out = {p.name for p in parameters if NoneType in get_args(p.annotation) and _half(random)}
    return {p.name: None if p.name in left_out else GENERATORS[p.name](random) for p in parameters}
