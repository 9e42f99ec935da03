CREATE OR REPLACE FUNCTION no_doctor(p_doctor bigint) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_doctor IS NULL THEN 'No doctor is given.'
        WHEN NOT EXISTS (SELECT FROM doctor WHERE account_id = p_doctor) THEN format('There is no doctor %s.', p_doctor)
    END
$$;
COMMENT ON FUNCTION no_doctor(bigint) IS 'Returns why an id is not the account id of a doctor, or NULL if it is.';
