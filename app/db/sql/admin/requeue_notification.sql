CREATE OR REPLACE FUNCTION admin.requeue_notification(id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE notification AS n SET status = 'queued', attempts = 0, due_at = clock_timestamp()
    WHERE n.id = requeue_notification.id AND n.status = 'failed';
    PERFORM refuse_input(
        coalesce(
            (SELECT format('Mail %s is %s, not failed.', n.id, n.status) FROM notification AS n WHERE n.id = requeue_notification.id),
            format('There is no mail %s.', coalesce(requeue_notification.id::text, '(none is given)'))
        ),
        'SELECT id, outcome FROM admin.undelivered WHERE status = ''failed''; lists those that can be tried again.'
    ) WHERE NOT FOUND;
    PERFORM pg_notify('booking_outbox', '');
END
$$;
COMMENT ON FUNCTION admin.requeue_notification(bigint) IS
'Has a failed mail tried again at once, as if for the first time. If what it says is no longer true by then, it is skipped.';
REVOKE EXECUTE ON FUNCTION admin.requeue_notification(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.requeue_notification(bigint) TO booking_admin;
