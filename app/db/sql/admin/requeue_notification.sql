CREATE OR REPLACE FUNCTION admin.requeue_notification(id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE notification AS n SET status = 'queued', attempts = 0, due_at = clock_timestamp()
    WHERE n.id = requeue_notification.id AND n.status = 'failed';
    PERFORM refuse_input(
        coalesce(
            (SELECT format('Mail %s is %s, not failed.', n.id, n.status) FROM notification AS n WHERE n.id = requeue_notification.id),
            coalesce('There is no mail ' || requeue_notification.id || '.', 'No mail is given.')
        ),
        'To list the failed mails, run: SELECT id, outcome FROM admin.undelivered WHERE status = ''failed'';'
    ) WHERE NOT FOUND;
    PERFORM pg_notify('booking_outbox', '');
END
$$;
COMMENT ON FUNCTION admin.requeue_notification(bigint) IS
'Queues a failed mail again, to be sent at once and with all its retries. A mail that is out of date is skipped instead.';
REVOKE EXECUTE ON FUNCTION admin.requeue_notification(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.requeue_notification(bigint) TO booking_admin;
