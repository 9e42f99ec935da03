-- The API verifies passwords, but its role cannot select hashes. This function returns one account's hash at a time.
CREATE OR REPLACE FUNCTION password_hash_of(p_account bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT password_hash FROM account WHERE id = p_account
$$;
COMMENT ON FUNCTION password_hash_of(bigint) IS
'The password hash of an account, to verify a password; NULL if there is no such account.';
REVOKE EXECUTE ON FUNCTION password_hash_of(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION password_hash_of(bigint) TO booking_app;

CREATE OR REPLACE FUNCTION change_password(p_account bigint, p_old_hash text, p_new_hash text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM account WHERE id = p_account AND password_hash = p_old_hash AND status = 'active' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM set_password(p_account, p_new_hash);
    RETURN true;
END
$$;
COMMENT ON FUNCTION change_password(bigint, text, text) IS
'Replaces a password hash, if it is still the verified one, and logs the account out everywhere. Returns false if the hash has changed meanwhile.';
REVOKE EXECUTE ON FUNCTION change_password(bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION change_password(bigint, text, text) TO booking_app;
