-- Hashes are verified by the API and told to it alone, of one account at a time: its role cannot select them.
CREATE OR REPLACE FUNCTION password_hash_of(p_account bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT password_hash FROM account WHERE id = p_account
$$;
COMMENT ON FUNCTION password_hash_of(bigint) IS
'The hash that an account''s password is verified against; NULL if there is no such account any more.';
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
'Replaces a password hash that still is the one verified, with what follows; false if it is another by now.';
REVOKE EXECUTE ON FUNCTION change_password(bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION change_password(bigint, text, text) TO booking_app;
