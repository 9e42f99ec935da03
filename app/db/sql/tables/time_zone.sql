REVOKE ALL ON time_zone FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON time_zone TO booking_app, booking_admin, booking_auditor;
GRANT INSERT ON time_zone TO booking_admin;
