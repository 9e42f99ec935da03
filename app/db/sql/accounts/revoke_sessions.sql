CREATE OR REPLACE FUNCTION revoke_sessions(p_account bigint, p_family uuid) RETURNS void
LANGUAGE sql AS $$
    UPDATE account SET generation = generation + 1 WHERE id = p_account;
    UPDATE refresh_token SET revoked_at = clock_timestamp()
    WHERE account_id = p_account AND (p_family IS NULL OR family = p_family) AND revoked_at IS NULL;
$$;
COMMENT ON FUNCTION revoke_sessions(bigint, uuid) IS
'Ends a family of refresh tokens of an account, or with NULL all of them, and revokes all its access tokens: whoever is still logged in exchanges a refresh token for new ones.';
