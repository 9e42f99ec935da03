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
    -- codes mailed to the previous address become invalid
    DELETE FROM account_token WHERE account_id = a.id;
    RETURN true;
END
$$;
COMMENT ON FUNCTION verify_email(bytea) IS
'Verifies the address that a code (SHA-256) was mailed to; it becomes the account''s address. Returns false if the code is not valid.';
REVOKE EXECUTE ON FUNCTION verify_email(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION verify_email(bytea) TO booking_app;

CREATE OR REPLACE FUNCTION request_email_verification(p_account bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT queue_code_mail(p_account, 'email_verification')
$$;
COMMENT ON FUNCTION request_email_verification(bigint) IS 'Queues a mail with a verification code to an account''s unverified address, if there is one.';
REVOKE EXECUTE ON FUNCTION request_email_verification(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION request_email_verification(bigint) TO booking_app;
