-- A mail about an account goes to the account's address; one that is to prove an address, to the address it is to prove.
CREATE OR REPLACE FUNCTION mail_address(a account, p_kind text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN p_kind = 'email_verification'
            THEN coalesce(a.pending_email, CASE WHEN a.email_verified_at IS NULL THEN a.email END)
        ELSE a.email
    END
$$;
COMMENT ON FUNCTION mail_address(account, text) IS 'Where a kind of mail to an account goes; NULL: nowhere, as there is nothing to prove.';
GRANT EXECUTE ON FUNCTION mail_address(account, text) TO booking_app;
