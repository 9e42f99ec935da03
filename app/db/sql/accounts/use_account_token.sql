-- Whoever has the code of a mail reads that address: it is good once, for a while, and for what it was mailed for.
-- The code itself is kept nowhere: the worker makes it when it sends the mail, a new one at each attempt.
CREATE OR REPLACE FUNCTION account_token_lifetime(p_purpose text) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE p_purpose WHEN 'email_verification' THEN interval '72 hours' WHEN 'password_reset' THEN interval '1 hour' END
$$;
COMMENT ON FUNCTION account_token_lifetime(text) IS 'How long a mailed code is good; NULL: such a mail has none.';
GRANT EXECUTE ON FUNCTION account_token_lifetime(text) TO booking_app;

CREATE OR REPLACE FUNCTION use_account_token(p_hash bytea, p_purpose text) RETURNS account
LANGUAGE plpgsql AS $$
DECLARE
    a account;
BEGIN
    -- the account first, as everywhere; of two who come with one code, the second finds it gone
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
'Uses a mailed code (SHA-256) up, with all others for the same, and returns its account, locked; NULL if it is not good.';
