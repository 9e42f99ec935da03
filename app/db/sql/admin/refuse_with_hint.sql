CREATE OR REPLACE FUNCTION refuse_with_hint(code text, rule text, why text, hint text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = code, CONSTRAINT = rule, MESSAGE = why, HINT = hint;
END
$$;
COMMENT ON FUNCTION refuse_with_hint(text, text, text, text) IS
'Raises the refusal of a rule again, with the same SQLSTATE and constraint name, and a hint for the admin at psql.';
