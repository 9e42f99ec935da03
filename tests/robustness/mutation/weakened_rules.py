"""Rules with a gap: at a boundary, by the clock, or for lack of a lock.

mutants.py makes a database of each change. The tests of the rule must fail there.
"""

from typing import NamedTuple


class Change(NamedTuple):
    """One phrase that is replaced in the definition of the rule or, with `of`, of a function that it uses."""

    was: str
    becomes: str
    of: str | None = None


NO_LOCK = ("d := lock_doctor(NEW.doctor_id)", "SELECT * INTO d FROM doctor WHERE account_id = NEW.doctor_id")

WEAKENED = {
    "appointment_booking_window": (
        Change("starts_at <= at_", "starts_at < at_"),
        Change("starts_at > at_ +", "starts_at >= at_ +"),
        Change("'360 hours'", "'15 days'"),  # differs where the clocks change
        Change("moves := NEW.during <> OLD.during OR", "moves :=", of="tg_appointment__rules"),
    ),
    "appointment_cancel_notice": (
        Change("at_ >= cancel_deadline", "at_ > cancel_deadline"),
        # the deadline may pass during the wait for the lock
        Change("at_ := clock_timestamp()", "at_ := statement_timestamp()", of="tg_appointment__rules"),
        Change("act_as('patient',", "act_as('doctor',", of="cancel_as_patient"),
        Change("act_as('patient',", "act_as('doctor',", of="reschedule_as_patient"),
        # a move must not extend the deadline
        Change("WHEN 'patient' THEN least(was.cancel_deadline,", "WHEN 'patient' THEN (", of="changed_appointment"),
    ),
    "appointment_confirmed_is_paid": (
        Change("a.fee := d.fee", "a.fee := coalesce(a.fee, d.fee)", of="new_appointment"),
        Change("status IN ('captured', 'partially_refunded', 'refunded') AND ", ""),
        Change(" AND NOT without_slot", ""),
        Change("appointment_id = a.id AND ", ""),
        # captured money has its appointment, or is refunded
        Change("PERFORM confirm_paid(pay);", "", of="settle_capture"),
        Change("PERFORM request_refund(pay.id, 'slot_lost');", "", of="settle_capture"),
        Change("check_violation OR exclusion_violation OR ", "", of="settle_capture"),
        Change("= 'expired' THEN", "= 'never' THEN", of="appointment_to_pay"),
    ),
    "appointment_doctor_cap": (
        Change("active >= least", "active > least"),
        Change("least(d.max_appointments, 30)", "30"),
        Change("seat <= 30", "seat <= 31"),
        Change("seat >= 1", "seat >= 0"),
        Change(*NO_LOCK, of="tg_appointment__rules"),
    ),
    "appointment_doctor_id_fkey": (
        # the lock already checks it
        Change("IF NOT FOUND", "IF false", of="lock_doctor"),
    ),
    "appointment_doctor_no_overlap": (
        Change("during WITH &&", "during WITH ="),
        Change("'offered'::text, ", ""),
        Change("'pending'::text, ", ""),
        Change(", 'confirmed'::text", ""),
    ),
    "appointment_doctor_verified": (
        Change(" OR NOT p.require_verified_doctor", "", of="is_verified"),
        Change("('appointment_doctor_verified', CASE WHEN a.seat IS NULL", "('', CASE WHEN false", of="slot_rules"),
        Change(
            "CASE WHEN a.seat IS NULL THEN appointment_doctor_verified(d, p) END",
            "appointment_doctor_verified(d, p)",
            of="slot_rules",
        ),
        Change(
            "PERFORM refuse('appointment_doctor_verified', appointment_doctor_verified(d, p));",
            "",
            of="tg_waitlist_entry__rules",
        ),
        Change("is_verified(o.d, p)", "true", of="free_slots"),
        Change(" AND d.disabled_at IS NULL", "", of="is_verified"),
        Change("AND is_verified(d, p)", "", of="doctors_below_cap"),
    ),
    "appointment_hold_has_end": (
        Change(
            "least(becomes.hold_expires_at, lower(becomes.during))", "lower(becomes.during)", of="changed_appointment"
        ),
    ),
    "appointment_patient_hold_limit": (
        Change("live_holds >=", "live_holds >"),
        # a lock that does not conflict with a stale snapshot
        Change(
            "UPDATE patient SET booking_seq = booking_seq + 1 WHERE account_id = a.patient_id",
            "PERFORM FROM patient WHERE account_id = a.patient_id FOR NO KEY UPDATE",
            of="place_appointment",
        ),
    ),
    "appointment_patient_id_fkey": (
        # an erased account gets no new appointments
        Change("barred_patient(a.patient_id, a.seat IS NULL)", "NULL", of="place_appointment"),
        Change(
            "UPDATE patient SET booking_seq = booking_seq + 1", "PERFORM FROM patient", of="lock_patient_with_doctors"
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
    "appointment_immutable": (Change("AND actor <> 'payment'", "AND false"),),
    "offer_superseded": (Change("PERFORM supersede_other_offers(o);", "", of="claim_offer"),),
    "payment_amount_matches_fee": (
        Change("amount IS DISTINCT FROM a.fee OR ", ""),
        Change(" OR currency IS DISTINCT FROM a.currency::text", ""),
        Change("OR NEW.appointment_id <> OLD.appointment_id THEN", "THEN", of="tg_payment__rules"),
        # without this check the column rounds the amount first
        Change(
            "PERFORM refuse('payment_amount_matches_fee', payment_amount_matches_fee(a, p_amount, p_currency));",
            "",
            of="create_payment",
        ),
        Change("IS DISTINCT FROM (p_amount, p_currency, p_reference)", "IS NULL", of="begin_capture"),
        Change("IS DISTINCT FROM (p_amount, p_currency)", "IS NULL", of="record_capture"),
    ),
    "payment_appointment_payable": (
        Change("s.status <> 'pending'", "s.status = 'confirmed'"),
        Change("('capturing', 'pending_review')", "('capturing')"),
        Change("('capturing', 'pending_review')", "('pending_review')"),
        Change("NEW.status = 'capturing' AND OLD.status <> 'capturing'", "false", of="tg_payment__rules"),
        # the slot is held during the capture, and only then
        Change("greatest(a.hold_expires_at, p_until)", "a.hold_expires_at", of="hold_for_capture"),
        Change("IF a.status <> 'pending' THEN", "IF false THEN", of="hold_for_capture"),
        Change("IF NOT FOUND THEN", "IF false THEN", of="extend_hold"),
        Change("PERFORM hold_for_capture(pay, clock_timestamp() + capture_time());", "", of="resume_capture"),
        Change("PERFORM end_hold_extension(pay);", "", of="end_capture"),
        Change("WHEN check_violation OR exclusion_violation THEN", "WHEN raise_exception THEN", of="await_review"),
        Change("SET hold_expires_at = hold_end WHERE", "SET hold_expires_at = NULL WHERE", of="await_review"),
    ),
    "payment_immutable": (
        Change(" AND a.status = 'expired'", ""),
        Change("a.doctor_id = b.doctor_id AND ", ""),
        Change("a.patient_id = b.patient_id AND ", ""),
        Change(" AND a.during = b.during", ""),
        Change("<> becomes.refund_total AND by_hand", "<> becomes.refund_total AND false"),
        Change("pg_trigger_depth() = 1", "false", of="tg_payment__rules"),
        Change("OR was.status = 'captured'", ""),
        Change("becomes.status <> 'captured' OR", ""),
    ),
    "payment_one_capture": (
        Change("'capturing'::text, ", ""),
        Change("'pending_review'::text, ", ""),
        Change("'captured'::text, ", ""),
        Change("'partially_refunded'::text, ", ""),
        Change(", 'refunded'::text", ""),
        Change(" OR unique_violation", "", of="settle_capture"),
        Change("PERFORM lock_doctor_of(p_appointment);", "", of="create_payment"),
    ),
    "payment_refund_within_capture": (
        Change("ELSE (0)::numeric", "ELSE amount"),
        Change("refund_total >= (0)::numeric", "true"),
        Change("refund_total - was + becomes", "refund_total + becomes", of="tg_refund__rules"),
        Change("CASE WHEN NEW.status <> 'failed' THEN", "CASE WHEN true THEN", of="tg_refund__rules"),
    ),
    "payment_status_transition": (
        Change("NOT IN ('captured', 'partially_refunded', 'refunded')", "NOT IN ('partially_refunded', 'refunded')"),
        Change("new_status IN ('pending_review', 'captured')", "new_status IN ('captured')"),
        Change("('capturing', 'created'),", ""),
        # otherwise a paid appointment could be given up at any time
        Change("too_late_to_give_up(pay.appointment_id)", "NULL", of="give_up_hold"),
        Change("appointment_id = p_appointment AND", "false AND", of="too_late_to_give_up"),
        Change("AND pay.capture_request_id = p_request", "", of="record_decline"),
        Change("too_late_to_give_up(pay.appointment_id)", "NULL", of="give_up_hold"),
        Change("AND status <> 'failed'", "", of="give_up_hold"),
    ),
    "refund_status_transition": (Change("('pending', 'completed'), ", ""),),
    "tg_appointment__history": (
        # each record contains the hash of the one before it
        Change("coalesce(last_hash, '') || ", "", of="history_hash"),
        Change("ORDER BY number DESC", "ORDER BY number", of="record_change"),
        Change("h.account_id := acting_account();", "", of="record_change"),
        Change("WHEN session_user = 'booking_app' THEN 'system'", "", of="recorded_actor"),
        Change("PERFORM act_as('system');", "", of="retire_appointments"),
    ),
    "tg_appointment__waitlist": (Change("IF has_waitlist(NEW.doctor_id) THEN", "IF false THEN"),),
    "tg_appointment__outbox": (Change("PERFORM cancel_payments(NEW.id);", ""),),
    "tg_payment__rules": (Change("WHEN due_at <= at_ THEN due_at", "", of="next_look"),),
    "tg_refund__rules": (Change("IF was <> becomes THEN", "IF true THEN"),),
    "tg_refund__settle": (Change("back = amount", "true"),),
    "time_off_no_appointment": (
        Change("during && t.during", "during <@ t.during"),
        Change(
            "UPDATE doctor SET booking_seq = booking_seq + 1 WHERE account_id = p_doctor RETURNING * INTO d",
            "SELECT * INTO d FROM doctor WHERE account_id = p_doctor FOR NO KEY UPDATE",
            of="lock_doctor",
        ),
    ),
    "waitlist_entry_doctor_id_fkey": (
        Change("WHEN is_erased(NEW.doctor_id) THEN", "WHEN false THEN", of="tg_waitlist_entry__rules"),
    ),
    "waitlist_entry_patient_id_fkey": (
        Change("barred_patient(NEW.patient_id, true)", "NULL", of="tg_waitlist_entry__rules"),
        Change(
            "UPDATE patient SET booking_seq = booking_seq + 1 WHERE account_id = NEW.patient_id",
            "PERFORM FROM patient WHERE account_id = NEW.patient_id",
            of="tg_waitlist_entry__rules",
        ),
    ),
    "waitlist_entry_unique": (Change(" NULLS NOT DISTINCT", ""),),
    "waitlist_only_when_full": (Change(*NO_LOCK, of="tg_waitlist_entry__rules"),),
}
