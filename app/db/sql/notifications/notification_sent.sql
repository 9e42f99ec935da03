CREATE OR REPLACE FUNCTION notification_sent(p_id bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE notification SET status = 'sent', sent_at = clock_timestamp(), outcome = NULL, snapshot = NULL
    WHERE id = p_id AND status = 'queued';
    UPDATE offer SET status = 'sent'
    WHERE id = (SELECT offer_id FROM notification WHERE id = p_id AND kind = 'slot_offered') AND status = 'queued'
$$;
COMMENT ON FUNCTION notification_sent(bigint) IS 'Marks a mail as sent, and its offer too. Called when the mail server has accepted the mail.';
REVOKE EXECUTE ON FUNCTION notification_sent(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notification_sent(bigint) TO booking_app;

CREATE OR REPLACE FUNCTION notification_failed(p_id bigint, p_why text, p_permanent boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE notification SET
        outcome = left(p_why, 500),
        status = CASE WHEN p_permanent OR attempts >= 30 THEN 'failed' ELSE 'queued' END,
        -- 5 s, 10 s, 20 s ... up to an hour, plus up to a quarter at random to spread the retries; 30 attempts take about a day
        due_at = clock_timestamp()
            + least(interval '5 s' * power(2, attempts - 1), interval '1 hour') * (1 + random() / 4)
    WHERE id = p_id AND status = 'queued'
$$;
COMMENT ON FUNCTION notification_failed(bigint, text, boolean) IS
'Records a failed attempt to send a mail, with the reason. The mail is retried later, unless the failure is permanent or this was the 30th attempt.';
REVOKE EXECUTE ON FUNCTION notification_failed(bigint, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notification_failed(bigint, text, boolean) TO booking_app;
