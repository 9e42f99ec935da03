-- The old address stays until the new one is verified, so that a typing error locks no one out and a thief cannot redirect the mails.
CREATE OR REPLACE FUNCTION change_email(p_account bigint, p_email text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    a account;
BEGIN
    SELECT * INTO a FROM account WHERE id = p_account FOR NO KEY UPDATE;
    IF p_email = a.pending_email THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM account WHERE lower(email) = lower(p_email) AND id <> p_account) THEN
        -- refused now, because verifying the address would fail in the same way
        RAISE EXCEPTION USING ERRCODE = 'unique_violation', CONSTRAINT = 'account_email_unique',
            MESSAGE = 'An account with this email already exists.';
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
COMMENT ON FUNCTION change_email(bigint, text) IS
'Sends a verification code to an account''s new address, and a notice to the old one if that is verified. The new address replaces the old one when it is verified.';
