CREATE OR REPLACE FUNCTION request_password_reset(p_email text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM queue_code_mail((SELECT id FROM account WHERE lower(email) = lower(p_email)), 'password_reset');
    -- writes to disk in every case, so that the duration does not reveal whether the account exists
    PERFORM pg_logical_emit_message(true, 'password_reset', '');
END
$$;
COMMENT ON FUNCTION request_password_reset(text) IS
'Queues a mail with a password reset code, if an account has the address. The caller cannot tell whether one has.';
REVOKE EXECUTE ON FUNCTION request_password_reset(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION request_password_reset(text) TO booking_app;

CREATE OR REPLACE FUNCTION password_reset_of(p_hash bytea) RETURNS TABLE (username text, email text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.username, a.email
    FROM account_token AS t
    INNER JOIN account AS a ON t.account_id = a.id
    WHERE t.token_hash = p_hash AND t.purpose = 'password_reset' AND t.expires_at > clock_timestamp()
$$;
COMMENT ON FUNCTION password_reset_of(bytea) IS
'The username and email that must not be used as the new password of a reset code (SHA-256); no row if the code is not valid.';
REVOKE EXECUTE ON FUNCTION password_reset_of(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION password_reset_of(bytea) TO booking_app;

CREATE OR REPLACE FUNCTION reset_password(p_hash bytea, p_new_hash text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    a account := use_account_token(p_hash, 'password_reset');
BEGIN
    IF a.id IS NULL THEN
        RETURN false;
    END IF;
    -- the code was mailed to this address, so its use verifies the address
    UPDATE account SET email_verified_at = coalesce(email_verified_at, clock_timestamp()) WHERE id = a.id;
    PERFORM set_password(a.id, p_new_hash);
    RETURN true;
END
$$;
COMMENT ON FUNCTION reset_password(bytea, text) IS
'Sets the password of the account of a mailed code (SHA-256) and logs the account out everywhere. Returns false if the code is not valid.';
REVOKE EXECUTE ON FUNCTION reset_password(bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reset_password(bytea, text) TO booking_app;
