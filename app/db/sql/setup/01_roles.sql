-- The schema's owner, the API and worker, people at psql, and auditors each have a role of their own.
-- Roles belong to the whole cluster: created where missing, never dropped, passwords left to the operator. Where the role
-- that migrates may create none, somebody else has to, as managed services often have it.
DO $$
DECLARE
    role_name text;
BEGIN
    -- holds off another migration of this database; one of another database of this cluster is met below
    PERFORM pg_advisory_xact_lock(hashtext('booking roles'));
    FOREACH role_name IN ARRAY ARRAY['booking_owner', 'booking_app', 'booking_admin', 'booking_auditor'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = role_name);
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', role_name);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL; -- that other one was faster
            WHEN insufficient_privilege THEN
                CONTINUE WHEN role_name = 'booking_owner'; -- whoever migrates owns the schema in its place
                RAISE insufficient_privilege USING
                    MESSAGE = format('The role %s is missing, and %s may not create roles.', role_name, current_user),
                    HINT = format('Have it created, then migrate again: CREATE ROLE %I LOGIN;', role_name);
        END;
    END LOOP;
END
$$;
