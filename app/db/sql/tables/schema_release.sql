REVOKE ALL ON schema_release FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON schema_release TO booking_app, booking_admin, booking_auditor;
