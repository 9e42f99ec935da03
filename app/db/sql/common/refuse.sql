-- A broken rule surfaces as a constraint's name, whether PostgreSQL declared it or a trigger raises it.
CREATE OR REPLACE FUNCTION refuse(rule text, why text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF why IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = rule, MESSAGE = why;
    END IF;
END
$$;
COMMENT ON FUNCTION refuse(text, text) IS
'Raises check_violation under the rule''s name, unless why is NULL: the rule is kept.';
