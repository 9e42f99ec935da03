"""The rule catalogue: how the API answers when PostgreSQL refuses. A rule's constraint name is its error `code`."""

from typing import NamedTuple

import asyncpg

from app.db.errors import driver_error


class Rule(NamedTuple):
    """The answer to a broken rule."""

    status: int  # HTTP
    title: str


CONFLICT, UNPROCESSABLE, INVALID, INTERNAL = 409, 422, 400, 500

RULES: dict[str, Rule] = {
    # appointments
    "appointment_doctor_verified": Rule(UNPROCESSABLE, "This doctor does not accept appointments at the moment."),
    "appointment_doctor_no_overlap": Rule(CONFLICT, "This slot is taken."),
    "appointment_patient_no_overlap": Rule(CONFLICT, "You already have an appointment at that time."),
    "appointment_doctor_cap": Rule(CONFLICT, "The doctor has no room for another appointment."),
    "appointment_doctor_seat": Rule(CONFLICT, "The doctor has no room for another appointment."),
    "appointment_patient_hold_limit": Rule(CONFLICT, "You have too many unpaid bookings."),
    "appointment_booking_window": Rule(UNPROCESSABLE, "The time is not within the next 15 days."),
    "appointment_within_working_hours": Rule(UNPROCESSABLE, "The time is not one of the doctor's slots."),
    "appointment_cancel_notice": Rule(UNPROCESSABLE, "It is too late to cancel."),
    "appointment_status_transition": Rule(CONFLICT, "The appointment's status does not allow this."),
    "appointment_immutable": Rule(UNPROCESSABLE, "This field of an appointment cannot be changed."),
    "appointment_confirmed_is_paid": Rule(UNPROCESSABLE, "The appointment has not been paid."),
    "appointment_doctor_id_fkey": Rule(UNPROCESSABLE, "There is no such doctor."),
    "appointment_patient_id_fkey": Rule(UNPROCESSABLE, "There is no such patient."),
    # payments
    "payment_appointment_payable": Rule(CONFLICT, "There is nothing to pay."),
    "payment_amount_matches_fee": Rule(UNPROCESSABLE, "The amount is not the appointment's fee."),
    "payment_one_capture": Rule(CONFLICT, "The appointment is already paid."),
    "payment_refund_within_capture": Rule(UNPROCESSABLE, "A refund cannot exceed the payment."),
    "payment_status_transition": Rule(CONFLICT, "The payment's status does not allow this."),
    "payment_immutable": Rule(UNPROCESSABLE, "This field of a payment cannot be changed."),
    "refund_immutable": Rule(UNPROCESSABLE, "This field of a refund cannot be changed."),
    "refund_status_transition": Rule(CONFLICT, "The refund's status does not allow this."),
    # waitlist
    "waitlist_only_when_full": Rule(CONFLICT, "The doctor still has a free slot."),
    "waitlist_entry_unique": Rule(CONFLICT, "You are already on this waitlist."),
    "waitlist_desired_date_window": Rule(UNPROCESSABLE, "The date is not within the next 15 days."),
    "waitlist_entry_status_transition": Rule(CONFLICT, "The waitlist entry's status does not allow this."),
    "waitlist_entry_immutable": Rule(UNPROCESSABLE, "This field of a waitlist entry cannot be changed."),
    "waitlist_entry_doctor_id_fkey": Rule(UNPROCESSABLE, "There is no such doctor."),
    "waitlist_entry_patient_id_fkey": Rule(UNPROCESSABLE, "There is no such patient."),
    "waitlist_entry_times_valid": Rule(INVALID, "The earliest time must not be after the latest."),
    "waitlist_entry_min_notice_minutes_valid": Rule(INVALID, "The minimum notice must be 0 to 21600 minutes."),
    "offer_superseded": Rule(CONFLICT, "This offer is no longer valid."),
    "offer_status_transition": Rule(CONFLICT, "This offer has already been answered."),
    "offer_immutable": Rule(UNPROCESSABLE, "This field of an offer cannot be changed."),
    # accounts and schedules
    "account_username_unique": Rule(CONFLICT, "This username is taken."),
    "account_email_unique": Rule(CONFLICT, "An account with this email already exists."),
    "account_username_valid": Rule(INVALID, "A username must have 1 to 150 letters, digits or any of _.@+-."),
    "account_email_valid": Rule(INVALID, "This is not a valid email address."),
    "account_pending_email_valid": Rule(INVALID, "This is not a valid email address."),
    "account_role_valid": Rule(INVALID, "The role must be doctor or patient."),
    "doctor_account_id_fkey": Rule(UNPROCESSABLE, "The role of an account cannot be changed."),
    "patient_account_id_fkey": Rule(UNPROCESSABLE, "The role of an account cannot be changed."),
    "doctor_timezone_fkey": Rule(UNPROCESSABLE, "This is not an IANA time zone."),
    "patient_timezone_fkey": Rule(UNPROCESSABLE, "This is not an IANA time zone."),
    "doctor_fee_allowed": Rule(UNPROCESSABLE, "This fee or currency is not allowed."),
    "doctor_fee_valid": Rule(INVALID, "The fee must not be negative."),
    "doctor_fee_has_no_minor_unit": Rule(INVALID, "Amounts in this currency have no decimals."),
    "doctor_slot_minutes_valid": Rule(INVALID, "A slot must last 5 to 480 minutes."),
    "doctor_buffer_minutes_valid": Rule(INVALID, "A buffer must last 0 to 480 minutes."),
    "doctor_max_appointments_valid": Rule(INVALID, "The maximum number of appointments must be 0 to 30."),
    "doctor_experience_years_valid": Rule(INVALID, "Experience must be 0 to 80 years."),
    "time_off_no_appointment": Rule(CONFLICT, "There are appointments at that time."),
    "time_off_during_valid": Rule(INVALID, "Time off must end after it starts."),
    "time_off_doctor_id_fkey": Rule(UNPROCESSABLE, "There is no such doctor."),
    "working_hours_cover_appointments": Rule(CONFLICT, "Appointments would be outside the working hours."),
    "working_hours_no_overlap": Rule(CONFLICT, "Working hours must not overlap."),
    "working_hours_weekday_valid": Rule(INVALID, "The weekday must be 1 (Monday) to 7 (Sunday)."),
    "working_hours_minutes_valid": Rule(
        INVALID,
        "Working hours must end after they start. Across midnight, enter two intervals: until 24:00, and from 00:00.",
    ),
    "working_hours_doctor_id_fkey": Rule(UNPROCESSABLE, "There is no such doctor."),
}

# No client request can break these. They guard the tables against mistakes in code and at psql.
INTERNAL_RULES = (
    "account_erased_is_empty",
    "account_status_valid",
    "account_token_account_id_fkey",
    "account_token_purpose_valid",
    "refresh_token_account_id_fkey",
    "account_id_role_unique",
    "appointment_canceled_by_valid",
    "appointment_during_valid",
    "appointment_hold_has_end",
    "appointment_patient_iff_claimed",
    "appointment_seat_iff_active",
    "appointment_status_valid",
    "calendar_feed_account_id_fkey",
    "calendar_feed_token_unique",
    "scheduled_notification_appointment_id_fkey",
    "scheduled_notification_kind_valid",
    "notification_account_id_fkey",
    "notification_appointment_id_fkey",
    "notification_appointment_known",
    "notification_batch",
    "notification_kind_valid",
    "notification_payment_id_fkey",
    "notification_once",
    "notification_status_valid",
    "notification_offer_id_fkey",
    "notification_waitlist_entry_id_fkey",
    "offer_appointment_id_fkey",
    "offer_one_live",
    "offer_status_valid",
    "offer_token_offer_id_fkey",
    "offer_waitlist_entry_id_fkey",
    "offer_wave_valid",
    "payment_amount_valid",
    "payment_appointment_id_fkey",
    "payment_capture_known",
    "payment_capture_unique",
    "payment_order_unique",
    "payment_reference_unique",
    "payment_status_valid",
    "policy_default_currency_valid",
    "policy_default_fee_valid",
    "policy_hold_minutes_valid",
    "policy_max_fee_valid",
    "policy_offer_first_wave_valid",
    "policy_offer_min_notice_valid",
    "policy_offer_waves_valid",
    "policy_one_row",
    "policy_patient_hold_limit_valid",
    "policy_reminder_lead_valid",
    "policy_review_hours_valid",
    "receipt_account_id_fkey",
    "receipt_payment_id_fkey",
    "refund_amount_valid",
    "refund_payment_id_fkey",
    "refund_paypal_unique",
    "refund_status_valid",
    "waitlist_entry_priority_class_valid",
    "waitlist_entry_status_valid",
    "webhook_event_payment_id_fkey",
)
RULES |= dict.fromkeys(INTERNAL_RULES, Rule(INTERNAL, "Something went wrong on our side."))


class Refusal(NamedTuple):
    """A broken rule that PostgreSQL reported."""

    code: str
    status: int
    title: str
    detail: str


def refusal_of(error: BaseException) -> Refusal | None:
    """Return the broken rule that a database error reports, or None if no client request can break it.

    Looks through SQLAlchemy's and advanced-alchemy's wrappers for asyncpg's own error.
    """
    cause = driver_error(error)
    if not isinstance(cause, asyncpg.IntegrityConstraintViolationError):
        return None
    code = cause.constraint_name or ""
    rule = RULES.get(code)
    if rule is None or rule.status == INTERNAL:
        return None
    # PostgreSQL's own messages name a table and may quote other people's rows. Those of our triggers name no table.
    detail = rule.title if cause.table_name else str(cause.args[0])
    return Refusal(code, rule.status, rule.title, detail)
