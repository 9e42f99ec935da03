REVOKE ALL ON notification FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON notification TO booking_app, booking_admin, booking_auditor;

COMMENT ON CONSTRAINT notification_appointment_known ON notification IS 'A mail about an appointment records the version of the appointment.';
COMMENT ON INDEX notification_batch IS 'An account gets one mail about a batch of changes.';
COMMENT ON CONSTRAINT notification_kind_valid ON notification IS 'A mail has a known kind.';
COMMENT ON INDEX notification_once IS 'An account gets each mail about a version of an appointment once.';
COMMENT ON CONSTRAINT notification_status_valid ON notification IS 'A mail has a known status.';
