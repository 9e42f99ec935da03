"""The operations: one statement of the API or the worker each."""

import json
from collections.abc import Callable
from decimal import Decimal

from app.domain.appointments.repository import (
    BOOK,
    BULK_CANCEL,
    CANCEL_AS_PATIENT,
    RESCHEDULE_AS_DOCTOR,
    RESCHEDULE_AS_PATIENT,
)
from app.domain.payments.repository import BEGIN_CAPTURE, GIVE_UP, RECORD_CAPTURE, RESUME_CAPTURE
from app.domain.schedule.repository import ADD_TIME_OFF, REPLACE_HOURS
from app.workers.sweep_repository import SWEEP
from tests.robustness.interleaving.player import Statement
from tests.robustness.interleaving.setups import BEFORE, WORK, Participant, Payment, working_hours
from tests.support.factories import SLOT

CHANGE_PRACTICE = "SELECT FROM change_practice($1, $2, $3)"
# A statement, and the arguments of a side.
Operation = tuple[str, Callable[[Participant], tuple[object, ...]]]

OPERATIONS: dict[str, Operation] = {
    "book": (BOOK, lambda s: (s.booker, s.doctor, s.wants)),
    "cancel": (CANCEL_AS_PATIENT, lambda s: (s.patient, s.appointment)),
    "reschedule": (RESCHEDULE_AS_PATIENT, lambda s: (s.patient, s.appointment, s.to)),
    "doctor_reschedule": (RESCHEDULE_AS_DOCTOR, lambda s: (s.doctor, s.appointment, s.to, s.clears)),
    "bulk_cancel": (BULK_CANCEL, lambda s: (s.doctor, None, None, None, s.clears, False)),
    "time_off": (ADD_TIME_OFF, lambda s: (s.doctor, s.off, s.off + SLOT, None, s.clears)),
    "hours": (REPLACE_HOURS, lambda s: (s.doctor, week_without(s), s.clears)),
    "cap": (CHANGE_PRACTICE, lambda s: (s.doctor, json.dumps({"max_appointments": s.cap}), False)),
    # a lapsed hold changes nothing by itself; the next writer retires it, here a booking of its slot
    "lapse": (BOOK, lambda s: (s.booker, s.doctor, s.wants)),
    "sweep": (SWEEP, lambda s: (s.doctor,)),
}


def week_without(s: Participant) -> str:
    """Return the doctor's week without the slot that is off, as the API sends it to the database."""
    hours = [*working_hours(s.origin - BEFORE, s.off), *working_hours(s.off + SLOT, s.origin + WORK)]
    return json.dumps(
        [dict(zip(("weekday", "start_minute", "end_minute"), interval, strict=True)) for interval in hours]
    )


def paid(s: Participant) -> Payment:
    assert s.payment
    return s.payment


# Operations of payments. The fee of their scenarios is 100 USD.
MONEY: dict[str, Operation] = {
    "begin_capture": (BEGIN_CAPTURE, lambda s: (paid(s).id, "PAYER", Decimal(100), "USD", paid(s).reference)),
    "resume_capture": (RESUME_CAPTURE, lambda s: (paid(s).id,)),
    "capture": (
        RECORD_CAPTURE,
        lambda s: (paid(s).id, f"CAPTURE-{paid(s).id}", "COMPLETED", Decimal(100), "USD"),
    ),
    "give_up": (GIVE_UP, lambda s: (s.patient, paid(s).order)),
}


def statement(name: str, participant: Participant) -> Statement:
    sql, arguments = (OPERATIONS | MONEY)[name]
    return Statement(name, sql, arguments(participant))
