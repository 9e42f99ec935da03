CREATE OR REPLACE FUNCTION barred_patient(p_patient bigint, p_is_new boolean) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN status = 'erased' THEN 'There is no such patient any more.'
        WHEN status = 'disabled' AND p_is_new THEN 'This patient''s account is disabled.'
    END
    FROM account WHERE id = p_patient
$$;
COMMENT ON FUNCTION barred_patient(bigint, boolean) IS
'Why something, new or not, cannot be about a patient: what a disabled one has booked may still be moved. NULL: it can.';
