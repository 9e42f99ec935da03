REVOKE ALL ON patient FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON patient TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (account_id, full_name, phone, timezone) ON patient TO booking_app;

COMMENT ON CONSTRAINT patient_account_id_fkey ON patient IS 'A patient''s profile is of a patient''s account.';
COMMENT ON CONSTRAINT patient_timezone_fkey ON patient IS 'A patient''s time zone is one of the IANA database.';
