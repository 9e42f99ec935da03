-- Whoever asks at psql for what cannot be is told why, and what to do instead.
CREATE OR REPLACE FUNCTION refuse_input(why text, hint text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF why IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = why, HINT = hint;
    END IF;
END
$$;
COMMENT ON FUNCTION refuse_input(text, text) IS
'Raises invalid_parameter_value with a hint, unless why is NULL: there is nothing wrong.';
