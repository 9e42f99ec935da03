-- Every change of a password logs the account out, deletes its reset codes and notifies the owner.
CREATE OR REPLACE FUNCTION set_password(p_account bigint, p_new_hash text) RETURNS void
LANGUAGE sql AS $$
    -- an unverified new address may have been entered by an attacker
    UPDATE account SET password_hash = p_new_hash, pending_email = NULL WHERE id = p_account;
    SELECT revoke_sessions(p_account, NULL);
    -- before the codes are deleted, so that no worker creates another one
    UPDATE notification SET status = 'skipped', outcome = 'the password has been changed since'
    WHERE account_id = p_account AND kind = 'password_reset' AND status = 'queued';
    DELETE FROM account_token WHERE account_id = p_account AND purpose = 'password_reset';
    INSERT INTO notification (kind, account_id) VALUES ('password_changed', p_account);
$$;
COMMENT ON FUNCTION set_password(bigint, text) IS
'Replaces a password hash, revokes all sessions, deletes password reset codes, drops an unverified new address, and notifies the owner. The account must be locked.';
