CREATE OR REPLACE FUNCTION revoke_sessions(p_account bigint, p_family uuid) RETURNS void
LANGUAGE sql AS $$
    UPDATE account SET generation = generation + 1 WHERE id = p_account;
    UPDATE refresh_token SET revoked_at = clock_timestamp()
    WHERE account_id = p_account AND (p_family IS NULL OR family = p_family) AND revoked_at IS NULL;
$$;
COMMENT ON FUNCTION revoke_sessions(bigint, uuid) IS
'Revokes one session of an account (its family of refresh tokens), or with NULL all of them, and all its access tokens. Remaining sessions get new access tokens with their refresh tokens.';
