CREATE OR REPLACE FUNCTION no_appointment(p_appointment bigint) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_appointment IS NULL THEN 'No appointment is given.'
        WHEN NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment) THEN format('There is no appointment %s.', p_appointment)
    END
$$;
COMMENT ON FUNCTION no_appointment(bigint) IS 'Returns why an id is not the id of an appointment, or NULL if it is.';
