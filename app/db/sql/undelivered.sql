-- A mail that nobody could be given is seen, and can be tried again.
CREATE OR REPLACE VIEW admin.undelivered AS
SELECT
    n.id,
    n.kind,
    n.account_id,
    n.appointment_id,
    n.status,
    n.attempts,
    n.outcome,
    n.due_at,
    n.created_at,
    n.request_id
FROM notification AS n
WHERE n.status = 'failed' OR (n.status = 'queued' AND n.attempts > 0);
COMMENT ON VIEW admin.undelivered IS
'Mails that have failed for good, and those that were tried in vain so far (due_at: when next) or are being sent.';
GRANT SELECT ON admin.undelivered TO booking_admin;

CREATE OR REPLACE FUNCTION admin.requeue_notification(p_id bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE notification SET status = 'queued', attempts = 0, due_at = clock_timestamp() WHERE id = p_id AND status = 'failed';
    IF FOUND THEN
        PERFORM pg_notify('booking_outbox', '');
    END IF;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION admin.requeue_notification(bigint) IS
'Has a failed mail tried again at once, as if for the first time, and returns true; false if it has not failed. If it is no longer true by then, it is skipped.';
REVOKE EXECUTE ON FUNCTION admin.requeue_notification(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.requeue_notification(bigint) TO booking_admin;
