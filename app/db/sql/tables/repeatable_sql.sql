REVOKE ALL ON repeatable_sql FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON repeatable_sql TO booking_app, booking_admin, booking_auditor;
