-- Written by `./task docs` from app/domain/rules.py, which says how a broken rule is answered; never edited.
CREATE OR REPLACE VIEW rule_answer AS
SELECT
    rule,
    http_status,
    title
FROM (
    VALUES
    (
        'account_email_unique', 409,
        'An account with this email exists already.'
    ),
    (
        'account_email_valid', 400,
        'This is not an email address.'
    ),
    (
        'account_erased_is_empty', 500,
        'Something went wrong on our side.'
    ),
    (
        'account_id_role_unique', 500,
        'Something went wrong on our side.'
    ),
    (
        'account_pending_email_valid', 400,
        'This is not an email address.'
    ),
    (
        'account_role_valid', 400,
        'The role is doctor or patient.'
    ),
    (
        'account_status_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'account_token_account_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'account_token_purpose_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'account_username_unique', 409,
        'This username is taken.'
    ),
    (
        'account_username_valid', 400,
        'A username has 1 to 150 letters, digits or any of _.@+-.'
    ),
    (
        'appointment_booking_window', 422,
        'The time is outside the booking window.'
    ),
    (
        'appointment_cancel_notice', 422,
        'It is too late to cancel.'
    ),
    (
        'appointment_canceled_by_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'appointment_confirmed_is_paid', 422,
        'The appointment has not been paid.'
    ),
    (
        'appointment_doctor_cap', 409,
        'The doctor has no room for another appointment.'
    ),
    (
        'appointment_doctor_id_fkey', 422,
        'There is no such doctor.'
    ),
    (
        'appointment_doctor_no_overlap', 409,
        'This slot is taken.'
    ),
    (
        'appointment_doctor_seat', 409,
        'The doctor has no room for another appointment.'
    ),
    (
        'appointment_doctor_verified', 422,
        'This doctor takes no appointments yet.'
    ),
    (
        'appointment_during_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'appointment_hold_has_end', 500,
        'Something went wrong on our side.'
    ),
    (
        'appointment_immutable', 422,
        'This part of an appointment never changes.'
    ),
    (
        'appointment_patient_hold_limit', 409,
        'You have too many unpaid bookings.'
    ),
    (
        'appointment_patient_id_fkey', 422,
        'There is no such patient.'
    ),
    (
        'appointment_patient_iff_claimed', 500,
        'Something went wrong on our side.'
    ),
    (
        'appointment_patient_no_overlap', 409,
        'You already have an appointment at that time.'
    ),
    (
        'appointment_seat_iff_active', 500,
        'Something went wrong on our side.'
    ),
    (
        'appointment_status_transition', 409,
        'The appointment is not in a state for this.'
    ),
    (
        'appointment_status_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'appointment_within_working_hours', 422,
        'The time is not one of the doctor''s slots.'
    ),
    (
        'calendar_feed_account_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'calendar_feed_token_unique', 500,
        'Something went wrong on our side.'
    ),
    (
        'doctor_account_id_fkey', 422,
        'A role never changes.'
    ),
    (
        'doctor_buffer_minutes_valid', 400,
        'A buffer lasts 0 to 480 minutes.'
    ),
    (
        'doctor_experience_years_valid', 400,
        'Experience is 0 to 80 years.'
    ),
    (
        'doctor_fee_allowed', 422,
        'This fee or currency is not allowed.'
    ),
    (
        'doctor_fee_has_no_minor_unit', 400,
        'This currency has no decimals.'
    ),
    (
        'doctor_fee_valid', 400,
        'A fee is not negative.'
    ),
    (
        'doctor_max_appointments_valid', 400,
        'The cap is 0 to 30 appointments.'
    ),
    (
        'doctor_slot_minutes_valid', 400,
        'A slot lasts 5 to 480 minutes.'
    ),
    (
        'doctor_timezone_fkey', 422,
        'This is not an IANA time zone.'
    ),
    (
        'notification_account_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_appointment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_appointment_known', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_batch', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_kind_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_offer_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_once', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_payment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_status_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_waitlist_entry_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'offer_appointment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'offer_immutable', 422,
        'This part of an offer never changes.'
    ),
    (
        'offer_one_live', 500,
        'Something went wrong on our side.'
    ),
    (
        'offer_status_transition', 409,
        'This offer has been answered.'
    ),
    (
        'offer_status_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'offer_superseded', 409,
        'This offer is no longer good.'
    ),
    (
        'offer_token_offer_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'offer_waitlist_entry_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'offer_wave_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'patient_account_id_fkey', 422,
        'A role never changes.'
    ),
    (
        'patient_timezone_fkey', 422,
        'This is not an IANA time zone.'
    ),
    (
        'payment_amount_matches_fee', 422,
        'This is not the appointment''s price.'
    ),
    (
        'payment_amount_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'payment_appointment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'payment_appointment_payable', 409,
        'There is nothing to pay.'
    ),
    (
        'payment_capture_known', 500,
        'Something went wrong on our side.'
    ),
    (
        'payment_capture_unique', 500,
        'Something went wrong on our side.'
    ),
    (
        'payment_immutable', 422,
        'This part of a payment never changes.'
    ),
    (
        'payment_one_capture', 409,
        'The appointment is paid already.'
    ),
    (
        'payment_order_unique', 500,
        'Something went wrong on our side.'
    ),
    (
        'payment_reference_unique', 500,
        'Something went wrong on our side.'
    ),
    (
        'payment_refund_within_capture', 422,
        'A refund never exceeds what was paid.'
    ),
    (
        'payment_status_transition', 409,
        'The payment is not in a state for this.'
    ),
    (
        'payment_status_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_default_currency_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_default_fee_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_hold_minutes_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_max_fee_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_offer_first_wave_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_offer_min_notice_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_offer_waves_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_one_row', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_patient_hold_limit_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_reminder_lead_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_review_hours_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'receipt_account_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'receipt_payment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'refresh_token_account_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'refund_amount_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'refund_immutable', 422,
        'This part of a refund never changes.'
    ),
    (
        'refund_payment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'refund_paypal_unique', 500,
        'Something went wrong on our side.'
    ),
    (
        'refund_status_transition', 409,
        'The refund is not in a state for this.'
    ),
    (
        'refund_status_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'scheduled_notification_appointment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'scheduled_notification_kind_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'time_off_doctor_id_fkey', 422,
        'There is no such doctor.'
    ),
    (
        'time_off_during_valid', 400,
        'Time off begins and ends at some time, and begins before it ends.'
    ),
    (
        'time_off_no_appointment', 409,
        'Appointments are in the way.'
    ),
    (
        'waitlist_desired_date_window', 422,
        'The date is outside the booking window.'
    ),
    (
        'waitlist_entry_doctor_id_fkey', 422,
        'There is no such doctor.'
    ),
    (
        'waitlist_entry_immutable', 422,
        'This part of a waitlist entry never changes.'
    ),
    (
        'waitlist_entry_min_notice_minutes_valid', 400,
        'The notice is 0 to 21600 minutes.'
    ),
    (
        'waitlist_entry_patient_id_fkey', 422,
        'There is no such patient.'
    ),
    (
        'waitlist_entry_priority_class_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'waitlist_entry_status_transition', 409,
        'The waitlist entry is not in a state for this.'
    ),
    (
        'waitlist_entry_status_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'waitlist_entry_times_valid', 400,
        'The earliest time is not after the latest.'
    ),
    (
        'waitlist_entry_unique', 409,
        'You are on this waitlist already.'
    ),
    (
        'waitlist_only_when_full', 409,
        'The doctor still has a free slot.'
    ),
    (
        'webhook_event_payment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'working_hours_cover_appointments', 409,
        'Appointments would be outside the working hours.'
    ),
    (
        'working_hours_doctor_id_fkey', 422,
        'There is no such doctor.'
    ),
    (
        'working_hours_minutes_valid', 400,
        'Working hours begin before they end; across midnight they are two intervals, until 24:00 and from 00:00.'
    ),
    (
        'working_hours_no_overlap', 409,
        'Working hours overlap.'
    ),
    (
        'working_hours_weekday_valid', 400,
        'A weekday is 1 (Monday) to 7 (Sunday).'
    )
) AS answer (rule, http_status, title);
COMMENT ON VIEW rule_answer IS 'How the API answers each broken rule: HTTP status, and the title of the problem.';
