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

CREATE OR REPLACE FUNCTION verify_email(p_hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    a account := use_account_token(p_hash, 'email_verification');
BEGIN
    UPDATE account SET
        email = coalesce(pending_email, email),
        pending_email = NULL,
        email_verified_at = clock_timestamp()
    WHERE id = a.id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- what was mailed to the address before opens nothing any more
    DELETE FROM account_token WHERE account_id = a.id;
    RETURN true;
END
$$;
COMMENT ON FUNCTION verify_email(bytea) IS
'Takes a mailed code (SHA-256) for proof of the address it was mailed to, which is the account''s from then on; false if the code is not good.';
REVOKE EXECUTE ON FUNCTION verify_email(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION verify_email(bytea) TO booking_app;

CREATE OR REPLACE FUNCTION request_email_verification(p_account integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT mail_again(p_account, 'email_verification')
$$;
COMMENT ON FUNCTION request_email_verification(integer) IS 'Has a code mailed to the address that an account has yet to prove, if there is one.';
REVOKE EXECUTE ON FUNCTION request_email_verification(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION request_email_verification(integer) TO booking_app;

-- The old address stays until the new one is proven: a slip locks nobody out, and a thief cannot have the mails turned.
CREATE OR REPLACE FUNCTION change_email(p_account integer, p_email text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    a account;
BEGIN
    SELECT * INTO a FROM account WHERE id = p_account FOR NO KEY UPDATE;
    IF p_email = a.pending_email THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM account WHERE lower(email) = lower(p_email) AND id <> p_account) THEN
        -- said at once, as it would be when the address is proven
        RAISE EXCEPTION USING ERRCODE = 'unique_violation', CONSTRAINT = 'account_email_unique',
            MESSAGE = 'An account with this email exists already.';
    END IF;
    UPDATE account SET pending_email = p_email WHERE id = p_account;
    DELETE FROM account_token WHERE account_id = p_account AND purpose = 'email_verification';
    INSERT INTO notification (kind, account_id) VALUES ('email_verification', p_account);
    IF a.email_verified_at IS NOT NULL THEN
        INSERT INTO notification (kind, account_id, snapshot)
        VALUES ('email_changing', p_account, jsonb_build_object('email', a.email));
    END IF;
END
$$;
COMMENT ON FUNCTION change_email(integer, text) IS
'Has a code mailed to an account''s new address, which is the account''s once it is proven, and tells a proven old one.';
