CREATE OR REPLACE FUNCTION rotate_refresh_token(p_old bytea, p_new bytea)
RETURNS TABLE (account_id bigint, role text, generation integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    t refresh_token;
BEGIN
    -- locks the account first, as all functions do, to avoid deadlocks
    PERFORM FROM account AS a INNER JOIN refresh_token AS r ON r.account_id = a.id WHERE r.token_hash = p_old FOR NO KEY UPDATE OF a;
    SELECT * INTO t FROM refresh_token AS r WHERE r.token_hash = p_old;
    IF NOT FOUND OR t.revoked_at IS NOT NULL OR t.expires_at <= clock_timestamp() THEN
        RETURN;
    END IF;
    IF t.used_at IS NOT NULL THEN
        PERFORM revoke_sessions(t.account_id, t.family);
        RETURN;
    END IF;
    UPDATE refresh_token AS r SET used_at = clock_timestamp() WHERE r.token_hash = p_old;
    INSERT INTO refresh_token (token_hash, account_id, family, expires_at)
    VALUES (p_new, t.account_id, t.family, clock_timestamp() + interval '336 hours');
    RETURN QUERY SELECT a.id, a.role, a.generation FROM account AS a WHERE a.id = t.account_id AND a.status = 'active';
END
$$;
COMMENT ON FUNCTION rotate_refresh_token(bytea, bytea) IS
'Exchanges a refresh token (SHA-256) for the next one and returns its account; no row if the token is not valid. Reusing a token revokes its session and the account''s access tokens.';
REVOKE EXECUTE ON FUNCTION rotate_refresh_token(bytea, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rotate_refresh_token(bytea, bytea) TO booking_app;
