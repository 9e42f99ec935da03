CREATE OR REPLACE FUNCTION queue_code_mail(p_account bigint, p_kind text) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO notification (kind, account_id)
    SELECT p_kind, a.id FROM account AS a
    WHERE a.id = p_account AND a.status = 'active' AND mail_address(a, p_kind) IS NOT NULL AND NOT EXISTS (
        -- at most one a minute, so that repeated requests cannot flood a mailbox
        SELECT FROM notification AS n
        WHERE n.account_id = p_account AND n.kind = p_kind
            AND (n.status = 'queued' OR n.created_at > clock_timestamp() - interval '1 min')
    )
$$;
COMMENT ON FUNCTION queue_code_mail(bigint, text) IS
'Queues a mail with a code for an active account, unless one is queued or was sent within the last minute.';
