-- Only the id of an erased account remains, because other rows refer to it. No new rows may.
CREATE OR REPLACE FUNCTION is_erased(p_account bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM account WHERE id = p_account AND status = 'erased')
$$;
COMMENT ON FUNCTION is_erased(bigint) IS 'Whether an account is erased. No new rows may refer to it.';
GRANT EXECUTE ON FUNCTION is_erased(bigint) TO booking_app, booking_admin, booking_auditor;

CREATE OR REPLACE FUNCTION is_disabled(p_account bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM account WHERE id = p_account AND status = 'disabled')
$$;
COMMENT ON FUNCTION is_disabled(bigint) IS 'Whether an admin has disabled an account.';
