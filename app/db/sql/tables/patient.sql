REVOKE ALL ON patient FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON patient TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (account_id, full_name, phone, timezone) ON patient TO booking_app;

COMMENT ON CONSTRAINT patient_account_id_fkey ON patient IS 'The profile of a patient belongs to an account with the role patient.';
COMMENT ON CONSTRAINT patient_timezone_fkey ON patient IS 'The time zone of a patient is in the IANA database.';
