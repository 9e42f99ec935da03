REVOKE ALL ON alembic_version FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON alembic_version TO booking_app, booking_admin, booking_auditor;
