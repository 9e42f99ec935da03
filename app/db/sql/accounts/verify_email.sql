CREATE OR REPLACE FUNCTION verify_email(p_hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    a account := use_account_token(p_hash, 'email_verification');
BEGIN
    UPDATE account SET
        email = coalesce(pending_email, email),
        pending_email = NULL,
        email_verified_at = clock_timestamp()
    WHERE id = a.id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- what was mailed to the address before opens nothing any more
    DELETE FROM account_token WHERE account_id = a.id;
    RETURN true;
END
$$;
COMMENT ON FUNCTION verify_email(bytea) IS
'Takes a mailed code (SHA-256) for proof of the address it was mailed to, which is the account''s from then on; false if the code is not good.';
REVOKE EXECUTE ON FUNCTION verify_email(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION verify_email(bytea) TO booking_app;

CREATE OR REPLACE FUNCTION request_email_verification(p_account bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT queue_code_mail(p_account, 'email_verification')
$$;
COMMENT ON FUNCTION request_email_verification(bigint) IS 'Has a code mailed to the address that an account has yet to prove, if there is one.';
REVOKE EXECUTE ON FUNCTION request_email_verification(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION request_email_verification(bigint) TO booking_app;
