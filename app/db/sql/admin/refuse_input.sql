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

CREATE OR REPLACE FUNCTION refuse_with_hint(code text, rule text, why text, hint text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = code, CONSTRAINT = rule, MESSAGE = why, HINT = hint;
END
$$;
COMMENT ON FUNCTION refuse_with_hint(text, text, text, text) IS
'Raises what a rule has refused once more, under the same SQLSTATE and name, with a hint for whoever sits at psql.';

CREATE OR REPLACE FUNCTION no_appointment(p_appointment integer) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_appointment IS NULL THEN 'Which appointment? None is given.'
        WHEN NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment) THEN format('There is no appointment %s.', p_appointment)
    END
$$;
COMMENT ON FUNCTION no_appointment(integer) IS 'Why a number is no appointment''s; NULL: it is one''s.';

CREATE OR REPLACE FUNCTION no_doctor(p_doctor integer) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_doctor IS NULL THEN 'Which doctor? None is given.'
        WHEN NOT EXISTS (SELECT FROM doctor WHERE account_id = p_doctor) THEN format('There is no doctor %s.', p_doctor)
    END
$$;
COMMENT ON FUNCTION no_doctor(integer) IS 'Why a number is no doctor''s; NULL: it is one''s.';

CREATE OR REPLACE FUNCTION no_patient(p_patient integer) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_patient IS NULL THEN 'Which patient? None is given.'
        WHEN NOT EXISTS (SELECT FROM patient WHERE account_id = p_patient) THEN format('There is no patient %s.', p_patient)
    END
$$;
COMMENT ON FUNCTION no_patient(integer) IS 'Why a number is no patient''s; NULL: it is one''s.';
