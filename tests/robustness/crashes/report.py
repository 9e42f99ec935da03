"""How many histories a run makes up, and what it did: each act, and each point died at, is counted for the end of a soak."""

import os
from collections import Counter

from tests.robustness.crashes.steps import POINTS, Tally

HISTORIES = int(os.environ.get("BOOKING_SOAK_HISTORIES", "12"))
SOAK = "BOOKING_SOAK_HISTORIES" in os.environ

tally: Tally = Counter()
counts: Counter[str] = Counter()  # of whatever else there is to count, by name


def lines() -> list[str]:
    """Return the report."""
    counted = [f"{count:7} {name}" for name, count in sorted(counts.items())]
    heads = f"{'action':20}{'step':24}{'moment':12}{'lived':>8}{'waited':>8}{'died':>8}"
    points = [
        f"{action:20}{step:24}{moment:12}"
        + "".join(f"{tally[action, step, moment, verdict]:8}" for verdict in ("lives", "waits", "dies"))
        for action, step, moment in POINTS
    ]
    return [*counted, heads, *points]
