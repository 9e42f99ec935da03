-- Who may touch which table: booking_app reads and registers people, every booking it makes goes through a function.
GRANT SELECT ON
doctor, patient, working_hours, time_off, appointment, waitlist_entry, policy, time_zone, notification,
payment, refund, webhook_event, offer
TO booking_app;
-- all but the hash of the password, which password_hash_of() tells, of one account at a time
GRANT SELECT (id, username, email, email_verified_at, pending_email, role, status, generation, created_at) ON account TO booking_app;
GRANT SELECT ON alembic_version TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (username, email, password_hash, role) ON account TO booking_app;
GRANT INSERT (
    account_id, full_name, phone, timezone, specialty, experience_years,
    slot_minutes, buffer_minutes, fee, currency, max_appointments
) ON doctor TO booking_app;
GRANT INSERT (account_id, full_name, phone, timezone) ON patient TO booking_app;
GRANT INSERT (doctor_id, weekday, start_minute, end_minute) ON working_hours TO booking_app;

GRANT SELECT ON
doctor, patient, working_hours, time_off, appointment, waitlist_entry, policy, time_zone, notification,
payment, refund, webhook_event, offer
TO booking_admin, booking_auditor;
GRANT SELECT (id, username, email, email_verified_at, role, status, disabled_reason, created_at) ON account
TO booking_admin, booking_auditor;
GRANT INSERT (doctor_id, patient_id, during), UPDATE (status, during, cancel_reason) ON appointment TO booking_admin;
GRANT INSERT (doctor_id, patient_id, desired_date), UPDATE (status) ON waitlist_entry TO booking_admin;
GRANT INSERT (doctor_id, during, reason), DELETE ON time_off TO booking_admin;
GRANT INSERT (doctor_id, weekday, start_minute, end_minute), DELETE ON working_hours TO booking_admin;
GRANT UPDATE (timezone, slot_minutes, buffer_minutes, max_appointments, fee, currency) ON doctor TO booking_admin;
GRANT UPDATE (
    hold_minutes, review_hours, patient_hold_limit, reminder_lead, require_verified_doctor, offer_first_wave, offer_min_notice, offer_waves,
    default_fee, default_currency, max_fee, currencies
) ON policy TO booking_admin;
GRANT UPDATE (attention) ON payment TO booking_admin;
GRANT INSERT ON time_zone TO booking_admin;
