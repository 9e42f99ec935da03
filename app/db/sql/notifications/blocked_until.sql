-- Mails about appointments and waiting reach a person in the order of events: none overtakes an earlier one that is to be tried again.
CREATE OR REPLACE FUNCTION blocked_until(n notification) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT max(e.due_at)
    FROM notification AS e
    WHERE e.account_id = n.account_id AND e.id < n.id AND e.status = 'queued' AND e.attempts > 0
        -- codes expire, and may go to another address: they neither wait nor are waited for
        AND coalesce(e.appointment_id, e.waitlist_entry_id) IS NOT NULL
        AND coalesce(n.appointment_id, n.waitlist_entry_id) IS NOT NULL
        AND notification_stale(e) IS NULL
$$;
COMMENT ON FUNCTION blocked_until(notification) IS
'Until when a mail waits for earlier ones to the same account that were tried in vain or are being sent; NULL: it does not.';
