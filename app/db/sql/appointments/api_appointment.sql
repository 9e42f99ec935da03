-- An appointment as the API shows it, with the same columns everywhere.
CREATE OR REPLACE VIEW api_appointment AS
SELECT
    id,
    doctor_id AS doctor,
    patient_id AS patient,
    lower(during) AS appointment_date,
    upper(during) AS ends_at,
    appointment_status(status, hold_expires_at, upper(during), now()) AS status,
    hold_expires_at,
    cancel_deadline,
    fee,
    currency,
    created_at,
    updated_at
FROM appointment;
COMMENT ON VIEW api_appointment IS 'Appointments as the API shows them: start and end instead of a range, and the effective status.';
GRANT SELECT ON api_appointment TO booking_app, booking_admin, booking_auditor;
