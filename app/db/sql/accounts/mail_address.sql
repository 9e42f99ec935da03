-- A mail goes to the account's address. A verification code goes to the address that is to be verified.
CREATE OR REPLACE FUNCTION mail_address(a account, p_kind text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN p_kind = 'email_verification'
            THEN coalesce(a.pending_email, CASE WHEN a.email_verified_at IS NULL THEN a.email END)
        ELSE a.email
    END
$$;
COMMENT ON FUNCTION mail_address(account, text) IS 'The address for a kind of mail to an account; NULL if there is no address to verify.';
GRANT EXECUTE ON FUNCTION mail_address(account, text) TO booking_app;
