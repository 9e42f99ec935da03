"""Rules that are still there, but let slip what they must not: at an edge, by the clock, for want of a lock.

`tests/mutants.py` makes a database of each change, and the rule's tests must notice it there.
"""

from typing import NamedTuple


class Change(NamedTuple):
    """One phrase of a definition that says something else: the rule's own, or that `of` a function which serves it."""

    was: str
    becomes: str
    of: str | None = None


NO_LOCK = ("d := lock_doctor(NEW.doctor_id)", "SELECT * INTO d FROM doctor WHERE account_id = NEW.doctor_id")

WEAKENED = {
    "appointment_booking_window": (
        Change("starts_at <= at_", "starts_at < at_"),
        Change("starts_at > at_ +", "starts_at >= at_ +"),
        Change("'360 hours'", "'15 days'"),  # bends where the clocks change
        Change("moves := NEW.during <> OLD.during OR", "moves :=", of="tg_appointment__rules"),
    ),
    "appointment_cancel_notice": (
        Change("at_ >= cancel_deadline", "at_ > cancel_deadline"),
        # before the wait for the lock it may still have been in time
        Change("at_ := clock_timestamp()", "at_ := statement_timestamp()", of="tg_appointment__rules"),
        Change("act_as('patient')", "act_as('doctor')", of="cancel_as_patient"),
        Change("act_as('patient')", "act_as('doctor')", of="reschedule_as_patient"),
        # moved away first, then canceled
        Change("WHEN 'patient' THEN least(was.cancel_deadline,", "WHEN 'patient' THEN (", of="changed_appointment"),
    ),
    "appointment_confirmed_is_paid": (
        Change("a.fee := d.fee", "a.fee := coalesce(a.fee, d.fee)", of="new_appointment"),
    ),
    "appointment_doctor_cap": (
        Change("active >= least", "active > least"),
        Change("least(d.max_appointments, 30)", "30"),
        Change("seat <= 30", "seat <= 31"),
        Change("seat >= 1", "seat >= 0"),
        Change(*NO_LOCK, of="tg_appointment__rules"),
    ),
    "appointment_doctor_id_fkey": (
        # said by the lock already, because what follows needs the doctor
        Change("IF NOT FOUND", "IF false", of="lock_doctor"),
    ),
    "appointment_doctor_no_overlap": (
        Change("during WITH &&", "during WITH ="),
        Change("'offered'::text, ", ""),
        Change("'pending'::text, ", ""),
        Change(", 'confirmed'::text", ""),
    ),
    "appointment_hold_has_end": (
        Change("least(was.hold_expires_at, lower(becomes.during))", "lower(becomes.during)", of="changed_appointment"),
    ),
    "appointment_patient_hold_limit": (
        Change("live_holds >=", "live_holds >"),
        # a lock, but one that a stale look gets past
        Change(
            "UPDATE patient SET booking_seq = booking_seq + 1 WHERE account_id = a.patient_id",
            "PERFORM FROM patient WHERE account_id = a.patient_id FOR NO KEY UPDATE",
            of="place_appointment",
        ),
    ),
    "appointment_patient_no_overlap": (
        Change("during WITH &&", "during WITH ="),
        Change("'pending'::text, ", ""),
        Change(", 'confirmed'::text", ""),
    ),
    "appointment_status_transition": (
        Change("at_ >= hold_expires_at", "at_ > hold_expires_at"),
        Change("at_ < hold_expires_at", "at_ <= hold_expires_at"),
        Change("at_ >= lower(during)", "at_ > lower(during)"),
        Change("at_ < lower(during)", "at_ <= lower(during)"),
        Change(
            "CASE WHEN at_ > upper(during) + interval '168 hours'",
            "CASE WHEN at_ > upper(during) + interval '169 hours'",
        ),
        Change(
            "'no_show' AND at_ > upper(during) + interval '168 hours'",
            "'no_show' AND at_ > upper(during) + interval '169 hours'",
        ),
    ),
    "appointment_within_working_hours": (Change("WHEN is_time_off(d.account_id, slot)", "WHEN false"),),
    "time_off_no_appointment": (
        Change("during && t.during", "during <@ t.during"),
        Change(
            "UPDATE doctor SET booking_seq = booking_seq + 1 WHERE account_id = p_doctor RETURNING * INTO d",
            "SELECT * INTO d FROM doctor WHERE account_id = p_doctor FOR NO KEY UPDATE",
            of="lock_doctor",
        ),
    ),
    "waitlist_entry_unique": (Change(" NULLS NOT DISTINCT", ""),),
    "waitlist_only_when_full": (Change(*NO_LOCK, of="tg_waitlist_entry__rules"),),
}
