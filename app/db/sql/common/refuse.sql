-- A broken rule is reported under its constraint name, whether a constraint or a trigger enforces it.
CREATE OR REPLACE FUNCTION refuse(rule text, why text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF why IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = rule, MESSAGE = why;
    END IF;
END
$$;
COMMENT ON FUNCTION refuse(text, text) IS
'Raises check_violation under the rule''s name with the given reason. Does nothing if the reason is NULL.';
