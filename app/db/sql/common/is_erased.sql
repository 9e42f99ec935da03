-- Of an erased account only the id is left, for what others need to keep: nothing new may be about it.
CREATE OR REPLACE FUNCTION is_erased(p_account integer) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM account WHERE id = p_account AND status = 'erased')
$$;
COMMENT ON FUNCTION is_erased(integer) IS 'Whether an account is erased: nothing new may be about it.';
GRANT EXECUTE ON FUNCTION is_erased(integer) TO booking_app, booking_admin, booking_auditor;

CREATE OR REPLACE FUNCTION barred_patient(p_patient integer, p_is_new boolean) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN status = 'erased' THEN 'There is no such patient any more.'
        WHEN status = 'disabled' AND p_is_new THEN 'This patient''s account is disabled.'
    END
    FROM account WHERE id = p_patient
$$;
COMMENT ON FUNCTION barred_patient(integer, boolean) IS
'Why something, new or not, cannot be about a patient: what a disabled one has booked may still be moved. NULL: it can.';

CREATE OR REPLACE FUNCTION is_disabled(p_account integer) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM account WHERE id = p_account AND status = 'disabled')
$$;
COMMENT ON FUNCTION is_disabled(integer) IS 'Whether an admin has disabled an account.';
