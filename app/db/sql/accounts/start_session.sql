-- A login lasts as long as its refresh tokens are exchanged, each once. Whoever uses one twice ends it for everybody who
-- has one of the family: of thief and victim, nobody can say which is which.
CREATE OR REPLACE FUNCTION start_session(p_account integer, p_password_hash text, p_token_hash bytea) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    -- the password may have been changed while it was being verified
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
COMMENT ON FUNCTION start_session(integer, text, bytea) IS
'Starts a login with a first refresh token (SHA-256), good for 14 days; returns the account''s generation, NULL if the password is that no more.';
REVOKE EXECUTE ON FUNCTION start_session(integer, text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION start_session(integer, text, bytea) TO booking_app;

CREATE OR REPLACE FUNCTION rotate_refresh_token(p_old bytea, p_new bytea)
RETURNS TABLE (account_id integer, role text, generation integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    t refresh_token;
BEGIN
    -- the account first, as everywhere, so that two writers never wait for each other
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
'Exchanges a refresh token (SHA-256) for the next and returns whose it is; no row if it is not good any more. A second use ends the whole family and revokes the account''s access tokens.';
REVOKE EXECUTE ON FUNCTION rotate_refresh_token(bytea, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rotate_refresh_token(bytea, bytea) TO booking_app;

CREATE OR REPLACE FUNCTION revoke_sessions(p_account integer, p_family uuid) RETURNS void
LANGUAGE sql AS $$
    UPDATE account SET generation = generation + 1 WHERE id = p_account;
    UPDATE refresh_token SET revoked_at = clock_timestamp()
    WHERE account_id = p_account AND (p_family IS NULL OR family = p_family) AND revoked_at IS NULL;
$$;
COMMENT ON FUNCTION revoke_sessions(integer, uuid) IS
'Ends a family of refresh tokens of an account, or with NULL all of them, and revokes all its access tokens: whoever is still logged in exchanges a refresh token for new ones.';

CREATE OR REPLACE FUNCTION log_out(p_account integer, p_token_hash bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM account WHERE id = p_account FOR NO KEY UPDATE;
    IF p_token_hash IS NULL THEN
        PERFORM revoke_sessions(p_account, NULL);
    ELSE
        PERFORM revoke_sessions(p_account, coalesce(
            (SELECT family FROM refresh_token WHERE token_hash = p_token_hash AND account_id = p_account),
            gen_random_uuid() -- a token that is not theirs ends nobody's login
        ));
    END IF;
END
$$;
COMMENT ON FUNCTION log_out(integer, bytea) IS
'Ends the login of a refresh token (SHA-256), or with NULL all logins of an account.';
REVOKE EXECUTE ON FUNCTION log_out(integer, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log_out(integer, bytea) TO booking_app;

CREATE OR REPLACE FUNCTION sweep_refresh_tokens() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM refresh_token WHERE expires_at < clock_timestamp()
$$;
COMMENT ON FUNCTION sweep_refresh_tokens() IS 'Forgets refresh tokens that nobody could use any more.';
REVOKE EXECUTE ON FUNCTION sweep_refresh_tokens() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_refresh_tokens() TO booking_app, booking_admin;

CREATE OR REPLACE FUNCTION require_login(p_account integer, p_generation integer) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM account WHERE id = p_account AND generation = p_generation AND status = 'active') THEN
        RAISE 'account % has no login of generation %', p_account, p_generation USING ERRCODE = 'U0401';
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION require_login(integer, integer) IS
'True if an account''s access tokens of a generation are good still; else raises U0401, for the statement that asks it first.';
GRANT EXECUTE ON FUNCTION require_login(integer, integer) TO booking_app;
