REVOKE ALL ON history FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON history TO booking_admin, booking_auditor;
