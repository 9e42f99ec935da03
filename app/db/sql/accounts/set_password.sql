-- A new password, whoever sets it, ends every login and every other way in, and its owner is told.
CREATE OR REPLACE FUNCTION set_password(p_account bigint, p_new_hash text) RETURNS void
LANGUAGE sql AS $$
    -- an address that is not proven yet may be that of whoever has to be kept out
    UPDATE account SET password_hash = p_new_hash, pending_email = NULL WHERE id = p_account;
    SELECT revoke_sessions(p_account, NULL);
    -- first, so that no worker makes another code
    UPDATE notification SET status = 'skipped', outcome = 'the password has been changed since'
    WHERE account_id = p_account AND kind = 'password_reset' AND status = 'queued';
    DELETE FROM account_token WHERE account_id = p_account AND purpose = 'password_reset';
    INSERT INTO notification (kind, account_id) VALUES ('password_changed', p_account);
$$;
COMMENT ON FUNCTION set_password(bigint, text) IS
'Replaces a password hash, ends all logins, mailed codes and a change of address under way, and tells the account''s owner. The account must be locked.';
