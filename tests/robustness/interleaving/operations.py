"""What each side of a stage does: one statement of the API's, or the worker's."""

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

OPERATIONS: dict[str, Callable[[Participant], Statement]] = {
    "book": lambda s: Statement("book", BOOK, (s.booker, s.doctor, s.wants)),
    "cancel": lambda s: Statement("cancel", CANCEL_AS_PATIENT, (s.patient, s.appointment)),
    "reschedule": lambda s: Statement("reschedule", RESCHEDULE_AS_PATIENT, (s.patient, s.appointment, s.to)),
    "doctor_reschedule": lambda s: Statement(
        "doctor_reschedule", RESCHEDULE_AS_DOCTOR, (s.doctor, s.appointment, s.to, s.clears)
    ),
    "bulk_cancel": lambda s: Statement("bulk_cancel", BULK_CANCEL, (s.doctor, None, None, None, s.clears, False)),
    "time_off": lambda s: Statement("time_off", ADD_TIME_OFF, (s.doctor, s.off, s.off + SLOT, None, s.clears)),
    "hours": lambda s: Statement("hours", REPLACE_HOURS, (s.doctor, week_without(s), s.clears)),
    "cap": lambda s: Statement(
        "cap", "SELECT FROM change_practice($1, $2, $3)", (s.doctor, json.dumps({"max_appointments": s.cap}), False)
    ),
    # a lapsed hold changes nothing by itself: it is the next writer who meets it, here one who books its slot
    "lapse": lambda s: Statement("book a lapsed slot", BOOK, (s.booker, s.doctor, s.wants)),
    "sweep": lambda s: Statement("sweep", SWEEP, (s.doctor,)),
}


def week_without(s: Participant) -> str:
    """Return the doctor's week without the slot that is off, as the API sends it to the database."""
    hours = [*working_hours(s.origin - BEFORE, s.off), *working_hours(s.off + SLOT, s.origin + WORK)]
    return json.dumps(
        [dict(zip(("weekday", "start_minute", "end_minute"), interval, strict=True)) for interval in hours]
    )


def paid(s: Participant) -> Payment:
    """Return the payment that a side moves on."""
    assert s.payment
    return s.payment


# What moves payments on; the fee of their scenes is 100 USD.
MONEY: dict[str, Callable[[Participant], Statement]] = {
    "begin_capture": lambda s: Statement(
        "begin_capture", BEGIN_CAPTURE, (paid(s).id, "PAYER", Decimal(100), "USD", paid(s).reference)
    ),
    "resume_capture": lambda s: Statement("resume_capture", RESUME_CAPTURE, (paid(s).id,)),
    "capture": lambda s: Statement(
        "capture", RECORD_CAPTURE, (paid(s).id, f"CAPTURE-{paid(s).id}", "COMPLETED", Decimal(100), "USD")
    ),
    "give_up": lambda s: Statement("give_up", GIVE_UP, (s.patient, paid(s).order)),
}
