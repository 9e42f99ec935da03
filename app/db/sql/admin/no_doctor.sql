CREATE OR REPLACE FUNCTION no_doctor(p_doctor bigint) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_doctor IS NULL THEN 'Which doctor? None is given.'
        WHEN NOT EXISTS (SELECT FROM doctor WHERE account_id = p_doctor) THEN format('There is no doctor %s.', p_doctor)
    END
$$;
COMMENT ON FUNCTION no_doctor(bigint) IS 'Why a number is no doctor''s; NULL: it is one''s.';
