-- Creates a role each for the schema's owner, the API and worker, admins at psql, and auditors.
-- Roles belong to the whole cluster: they are created if missing and never dropped, and the operator sets their passwords.
-- Some managed services do not let the migrating role create roles. Then an operator must create them.
DO $$
DECLARE
    role_name text;
BEGIN
    -- blocks concurrent migrations of this database; those of other databases in the cluster are handled below
    PERFORM pg_advisory_xact_lock(hashtext('booking roles'));
    FOREACH role_name IN ARRAY ARRAY['booking_owner', 'booking_app', 'booking_admin', 'booking_auditor'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = role_name);
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', role_name);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL; -- a concurrent migration created it
            WHEN insufficient_privilege THEN
                CONTINUE WHEN role_name = 'booking_owner'; -- the migrating role then owns the schema
                RAISE insufficient_privilege USING
                    MESSAGE = format('The role %s is missing, and %s may not create roles.', role_name, current_user),
                    HINT = format('Run this as a role with CREATEROLE, then migrate again: CREATE ROLE %I LOGIN;', role_name);
        END;
    END LOOP;
END
$$;
