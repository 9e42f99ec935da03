-- PUBLIC, which is whoever else has a login on this server, has nothing: no connection, no temporary table, no function.
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
COMMENT ON SCHEMA admin IS 'What people at psql may do, as booking_admin, beyond writing to tables.';
GRANT USAGE ON SCHEMA admin TO booking_admin, booking_auditor;
-- its views are for whoever looks, its functions for booking_admin, each by a grant of its own
ALTER DEFAULT PRIVILEGES IN SCHEMA admin GRANT SELECT ON TABLES TO booking_admin, booking_auditor;
