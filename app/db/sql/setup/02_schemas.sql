-- Other logins of this server (PUBLIC) have no rights here: no connection, no temporary tables, no functions.
DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO booking_app, booking_admin, booking_auditor', current_database());
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO booking_app, booking_admin, booking_auditor;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE SCHEMA IF NOT EXISTS admin;
COMMENT ON SCHEMA admin IS 'Views and functions for admins at psql, used as booking_admin.';
GRANT USAGE ON SCHEMA admin TO booking_admin, booking_auditor;
-- auditors can read the views; each function is granted to booking_admin separately
ALTER DEFAULT PRIVILEGES IN SCHEMA admin GRANT SELECT ON TABLES TO booking_admin, booking_auditor;
