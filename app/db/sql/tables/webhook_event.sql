REVOKE ALL ON webhook_event FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON webhook_event TO booking_app, booking_admin, booking_auditor;
