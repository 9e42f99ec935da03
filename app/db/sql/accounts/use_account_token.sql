-- A mailed code proves that its user reads the address. It is valid once, for a limited time and for one purpose.
-- Only its hash is stored: the worker creates the code when it sends the mail, a new one for each attempt.
CREATE OR REPLACE FUNCTION account_token_lifetime(p_purpose text) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE p_purpose WHEN 'email_verification' THEN interval '72 hours' WHEN 'password_reset' THEN interval '1 hour' END
$$;
COMMENT ON FUNCTION account_token_lifetime(text) IS 'How long a kind of mailed code is valid; NULL if such a mail has no code.';
GRANT EXECUTE ON FUNCTION account_token_lifetime(text) TO booking_app;

CREATE OR REPLACE FUNCTION use_account_token(p_hash bytea, p_purpose text) RETURNS account
LANGUAGE plpgsql AS $$
DECLARE
    a account;
BEGIN
    -- locks the account first, as all functions do; of two concurrent uses of a code, the second finds it deleted
    SELECT * INTO a FROM account
    WHERE id = (SELECT account_id FROM account_token WHERE token_hash = p_hash)
    FOR NO KEY UPDATE;
    DELETE FROM account_token
    WHERE token_hash = p_hash AND purpose = p_purpose AND expires_at > clock_timestamp()
        AND a.status = 'active' AND email = mail_address(a, p_purpose);
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM account_token WHERE account_id = a.id AND purpose = p_purpose;
    RETURN a;
END
$$;
COMMENT ON FUNCTION use_account_token(bytea, text) IS
'Uses a mailed code (SHA-256), deletes the account''s other codes for the same purpose, and returns the account, locked; NULL if the code is not valid.';
