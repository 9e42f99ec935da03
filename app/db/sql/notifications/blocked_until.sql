-- Mails about appointments and the waitlist are sent in the order of their events, even if an earlier one must be retried.
CREATE OR REPLACE FUNCTION blocked_until(n notification) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT max(e.due_at)
    FROM notification AS e
    WHERE e.account_id = n.account_id AND e.id < n.id AND e.status = 'queued' AND e.attempts > 0
        -- mails with codes are not ordered: codes expire, and may go to another address
        AND coalesce(e.appointment_id, e.waitlist_entry_id) IS NOT NULL
        AND coalesce(n.appointment_id, n.waitlist_entry_id) IS NOT NULL
        AND notification_stale(e) IS NULL
$$;
COMMENT ON FUNCTION blocked_until(notification) IS
'Until when a mail waits for earlier mails to the same account that are being sent or retried, or NULL if it does not wait.';
