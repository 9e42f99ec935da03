CREATE OR REPLACE FUNCTION no_appointment(p_appointment bigint) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_appointment IS NULL THEN 'Which appointment? None is given.'
        WHEN NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment) THEN format('There is no appointment %s.', p_appointment)
    END
$$;
COMMENT ON FUNCTION no_appointment(bigint) IS 'Why a number is no appointment''s; NULL: it is one''s.';
