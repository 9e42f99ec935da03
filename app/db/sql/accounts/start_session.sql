-- A session lasts as long as its refresh tokens are exchanged, each one once. Reusing a token revokes the whole session, because the
-- server cannot tell the thief of a token from its owner.
CREATE OR REPLACE FUNCTION start_session(p_account bigint, p_password_hash text, p_token_hash bytea) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    -- the password may have changed while it was being verified
    WITH a AS (
        SELECT id, generation FROM account
        WHERE id = p_account AND password_hash = p_password_hash AND status = 'active'
        FOR NO KEY UPDATE
    ), t AS (
        INSERT INTO refresh_token (token_hash, account_id, family, expires_at)
        SELECT p_token_hash, id, gen_random_uuid(), clock_timestamp() + interval '336 hours' FROM a
    )
    SELECT generation FROM a
$$;
COMMENT ON FUNCTION start_session(bigint, text, bytea) IS
'Starts a session with its first refresh token (SHA-256), valid for 14 days. Returns the account''s token generation, or NULL if the password hash has changed.';
REVOKE EXECUTE ON FUNCTION start_session(bigint, text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION start_session(bigint, text, bytea) TO booking_app;

CREATE OR REPLACE FUNCTION log_out(p_account bigint, p_token_hash bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM account WHERE id = p_account FOR NO KEY UPDATE;
    IF p_token_hash IS NULL THEN
        PERFORM revoke_sessions(p_account, NULL);
    ELSE
        PERFORM revoke_sessions(p_account, coalesce(
            (SELECT family FROM refresh_token WHERE token_hash = p_token_hash AND account_id = p_account),
            gen_random_uuid() -- another account's token revokes nothing
        ));
    END IF;
END
$$;
COMMENT ON FUNCTION log_out(bigint, bytea) IS
'Revokes the session of a refresh token (SHA-256), or with NULL all sessions of an account.';
REVOKE EXECUTE ON FUNCTION log_out(bigint, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log_out(bigint, bytea) TO booking_app;

CREATE OR REPLACE FUNCTION sweep_refresh_tokens() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM refresh_token WHERE expires_at < clock_timestamp()
$$;
COMMENT ON FUNCTION sweep_refresh_tokens() IS 'Deletes expired refresh tokens.';
REVOKE EXECUTE ON FUNCTION sweep_refresh_tokens() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_refresh_tokens() TO booking_app, booking_admin;
