REVOKE ALL ON notification FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON notification TO booking_app, booking_admin, booking_auditor;

COMMENT ON CONSTRAINT notification_appointment_known ON notification IS 'A mail about an appointment says about which version of it.';
COMMENT ON INDEX notification_batch IS 'One act is told each account in one mail.';
COMMENT ON CONSTRAINT notification_kind_valid ON notification IS 'A mail is of a kind that there is.';
COMMENT ON INDEX notification_once IS 'An account is told of one version of an appointment once.';
COMMENT ON CONSTRAINT notification_status_valid ON notification IS 'A mail has a status that there is.';
