-- The API and worker, people at psql, and auditors each have a role of their own; PUBLIC has nothing.
-- Roles belong to the whole cluster: created where missing, never dropped, passwords left to the operator.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['booking_app', 'booking_admin', 'booking_auditor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I LOGIN', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this cluster was migrated at the same time
            END;
        END IF;
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO booking_app, booking_admin, booking_auditor', current_database());
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO booking_app, booking_admin, booking_auditor;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE SCHEMA IF NOT EXISTS admin;
COMMENT ON SCHEMA admin IS 'What people at psql may do, as booking_admin, beyond writing to tables.';
GRANT USAGE ON SCHEMA admin TO booking_admin;
