"""The steps of each action, their moments, and the counts for the report of a soak."""

import os
from collections import Counter

from tests.robustness.crashes.crash_points import MOMENTS, Moment

STEPS = {
    "book": ("book",),
    "create": ("create_payment", "payment", "token", "create_order", "record_order", "api_payment", "end_payment"),
    "execute": (
        *("api_payment", "payment", "token", "get_order", "begin_capture", "capture_order"),
        *("record_capture", "record_decline", "end_payment", "api_appointment"),
    ),
    "give_up": ("give_up_hold", "api_payment"),
    "cancel": ("cancel_as_patient",),
    "doctor_cancels": ("cancel_as_doctor",),
    "doctor_cancels_all": ("bulk_cancel",),
    "move": ("reschedule_as_patient",),
    "doctor_moves": ("reschedule_as_doctor",),
    "deliver": ("receive_webhook",),
    "settle": (
        *("claim_payment", "token", "get_order", "begin_capture", "resume_capture", "capture_order"),
        *("record_capture", "record_decline", "end_payment", "finish_payment_check"),
        *("refund", "claim_refund", "refund_capture", "record_refund"),
    ),
    "pay_back": (
        *("claim_payment", "get_order", "record_capture", "finish_payment_check"),
        *("refund", "claim_refund", "token", "refund_capture", "get_refund", "record_refund"),
    ),
    "reconcile": ("reconcile_payments",),
    "sweep": ("sweep_doctor",),
}
READING = {"api_payment", "payment", "api_appointment", "refund", "token", "get_order", "get_refund"}
POINTS: list[tuple[str, str, Moment]] = [
    (action, step, moment) for action, steps in STEPS.items() for step in steps for moment in MOMENTS
]

Tally = Counter[tuple[str, str, str, str]]  # of action, step, moment and outcome

HISTORIES = int(os.environ.get("BOOKING_SOAK_HISTORIES", "12"))
SOAK = "BOOKING_SOAK_HISTORIES" in os.environ

tally: Tally = Counter()
counts: Counter[str] = Counter()  # of histories, acts and final payment statuses


def unknown(tally: Tally) -> set[tuple[str, str]]:
    """Return the reached steps that STEPS does not list."""
    return {(action, step) for action, step, *_ in tally if step not in STEPS[action]}


def survived(tally: Tally) -> list[tuple[str, str, Moment]]:
    """Return the points at which no process has died."""
    return [point for point in POINTS if not tally[(*point, "dies")]]


def lines() -> list[str]:
    counted = [f"{count:7} {name}" for name, count in sorted(counts.items())]
    heads = f"{'action':20}{'step':24}{'moment':12}{'lived':>8}{'waited':>8}{'died':>8}"
    points = [
        f"{action:20}{step:24}{moment:12}"
        + "".join(f"{tally[action, step, moment, verdict]:8}" for verdict in ("lives", "waits", "dies"))
        for action, step, moment in POINTS
    ]
    return [*counted, heads, *points]
