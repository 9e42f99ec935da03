CREATE OR REPLACE FUNCTION barred_patient(p_patient bigint, p_is_new boolean) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN status = 'erased' THEN 'This patient no longer exists.'
        WHEN status = 'disabled' AND p_is_new THEN 'This patient''s account is disabled.'
    END
    FROM account WHERE id = p_patient
$$;
COMMENT ON FUNCTION barred_patient(bigint, boolean) IS
'Returns why a patient cannot be part of a booking or wait, or NULL if nothing prevents it. A disabled patient can still move what they have booked (p_is_new false).';
