CREATE OR REPLACE FUNCTION refuse_input(why text, hint text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF why IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = why, HINT = hint;
    END IF;
END
$$;
COMMENT ON FUNCTION refuse_input(text, text) IS
'Raises invalid_parameter_value with a message and a hint, unless the message (why) is NULL.';
