-- If a worker dies, its lease ends and another worker takes the mail.
CREATE OR REPLACE FUNCTION claim_notification(p_id bigint, p_lease interval, p_code bytea DEFAULT NULL) RETURNS SETOF notification_message
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    n notification;
    stale text;
    turn timestamptz;
    letter notification_message;
BEGIN
    SELECT * INTO n FROM notification
    WHERE id = p_id AND status = 'queued' AND due_at <= clock_timestamp()
    FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    stale := notification_stale(n);
    IF stale IS NOT NULL THEN
        UPDATE notification SET status = 'skipped', outcome = stale, snapshot = NULL WHERE id = p_id;
        RETURN;
    END IF;
    turn := blocked_until(n);
    IF turn IS NOT NULL THEN
        -- due when the earlier mail is, so that waiting rows are not claimed again and again
        UPDATE notification SET due_at = greatest(due_at, turn) WHERE id = p_id;
        RETURN;
    END IF;
    UPDATE notification SET attempts = attempts + 1, due_at = clock_timestamp() + p_lease WHERE id = p_id;
    SELECT * INTO letter FROM notification_message WHERE id = p_id;
    IF letter.code_lifetime IS NOT NULL THEN
        -- one code for each attempt: it is unknown which of the mails arrives
        INSERT INTO account_token (token_hash, account_id, purpose, email, expires_at)
        VALUES (p_code, n.account_id, n.kind, letter.email, clock_timestamp() + letter.code_lifetime);
    END IF;
    IF n.kind = 'slot_offered' AND p_code IS NOT NULL THEN
        INSERT INTO offer_token (token_hash, offer_id) VALUES (p_code, n.offer_id);
    END IF;
    RETURN NEXT letter;
END
$$;
COMMENT ON FUNCTION claim_notification(bigint, interval, bytea) IS
'Leases a due mail to one worker and returns its data. p_code is the SHA-256 of the code or link in the mail, which is valid from then on. Returns no row if the mail is leased to another worker, done, stale (it is skipped), or waits for an earlier one (it is postponed).';
REVOKE EXECUTE ON FUNCTION claim_notification(bigint, interval, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_notification(bigint, interval, bytea) TO booking_app;
