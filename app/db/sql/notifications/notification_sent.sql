-- What became of a mail: sent, to be tried again ever later, or failed for good after 30 attempts, which take about a day.
CREATE OR REPLACE FUNCTION notification_sent(p_id bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE notification SET status = 'sent', sent_at = clock_timestamp(), outcome = NULL, snapshot = NULL
    WHERE id = p_id AND status = 'queued';
    UPDATE offer SET status = 'sent'
    WHERE id = (SELECT offer_id FROM notification WHERE id = p_id AND kind = 'slot_offered') AND status = 'queued'
$$;
COMMENT ON FUNCTION notification_sent(bigint) IS 'The mail server took it.';
REVOKE EXECUTE ON FUNCTION notification_sent(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notification_sent(bigint) TO booking_app;

CREATE OR REPLACE FUNCTION notification_failed(p_id bigint, p_why text, p_permanent boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE notification SET
        outcome = left(p_why, 500),
        status = CASE WHEN p_permanent OR attempts >= 30 THEN 'failed' ELSE 'queued' END,
        -- 5 s, 10 s, 20 s ... up to an hour, each with up to a quarter more so that retries spread out
        due_at = clock_timestamp()
            + least(interval '5 s' * power(2, attempts - 1), interval '1 hour') * (1 + random() / 4)
    WHERE id = p_id AND status = 'queued'
$$;
COMMENT ON FUNCTION notification_failed(bigint, text, boolean) IS
'An attempt failed and why; it is tried again later unless the failure is permanent or was the thirtieth.';
REVOKE EXECUTE ON FUNCTION notification_failed(bigint, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notification_failed(bigint, text, boolean) TO booking_app;
