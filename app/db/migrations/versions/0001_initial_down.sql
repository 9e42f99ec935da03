-- Roles stay: they belong to the cluster, and other databases may use them.
DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT format('DROP VIEW IF EXISTS %I CASCADE', viewname) FROM pg_views WHERE schemaname = 'public'
        UNION ALL
        SELECT format('DROP TABLE IF EXISTS %I CASCADE', tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE statement;
    END LOOP;
    FOR statement IN
        SELECT format('DROP FUNCTION IF EXISTS %s CASCADE', p.oid::regprocedure)
        FROM pg_proc AS p
        WHERE p.pronamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
    LOOP
        EXECUTE statement;
    END LOOP;
    FOR statement IN
        SELECT format('DROP TYPE %s', reltype::regtype) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'c'
    LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
DROP SCHEMA IF EXISTS admin CASCADE;
DROP EXTENSION IF EXISTS btree_gist;
DROP EXTENSION IF EXISTS pg_trgm;
