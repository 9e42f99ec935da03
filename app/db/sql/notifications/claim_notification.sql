-- A worker takes a due mail for a while; if the worker dies, the lease ends and another takes it.
CREATE OR REPLACE FUNCTION refunds_of(p_appointments integer[]) RETURNS text[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(money_text(total, currency) ORDER BY currency), '{}')
    FROM (
        SELECT p.currency, sum(r.amount) AS total
        FROM refund AS r
        INNER JOIN payment AS p ON r.payment_id = p.id
        WHERE p.appointment_id = ANY (p_appointments) AND r.status <> 'failed'
        GROUP BY p.currency
    ) AS back
$$;
COMMENT ON FUNCTION refunds_of(integer[]) IS 'What goes back of appointments'' payments, a sum for each currency.';
GRANT EXECUTE ON FUNCTION refunds_of(integer[]) TO booking_app;

CREATE OR REPLACE FUNCTION calendar_entries(p_appointments integer[]) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'uid', calendar_uid, 'version', version, 'starts_at', lower(during), 'ends_at', upper(during)
    ) ORDER BY lower(during)), '[]')
    FROM appointment
    -- one that keeps the end of a hold was never confirmed, so no calendar knows of it
    WHERE id = ANY (p_appointments) AND status IN ('confirmed', 'canceled') AND hold_expires_at IS NULL
$$;
COMMENT ON FUNCTION calendar_entries(integer[]) IS 'Appointments as calendars know them, in order; none that was never confirmed.';
GRANT EXECUTE ON FUNCTION calendar_entries(integer[]) TO booking_app;

CREATE OR REPLACE VIEW notification_message AS
SELECT
    n.id,
    n.kind,
    n.message_id,
    calendar_entries(a.id || n.also) AS calendar,
    coalesce(n.snapshot ->> 'email', mail_address(r, n.kind)) AS email,
    -- nobody is to have a stranger greeted with words of their own
    CASE WHEN n.kind <> 'email_verification' THEN coalesce(n.snapshot ->> 'recipient', rd.full_name, rp.full_name) END AS recipient,
    coalesce(rd.timezone, rp.timezone) AS timezone,
    r.role AS recipient_role,
    coalesce(n.snapshot ->> 'doctor', d.full_name) AS doctor,
    coalesce(n.snapshot ->> 'patient', p.full_name) AS patient,
    lower(a.during) AS starts_at,
    upper(a.during) AS ends_at,
    lower(n.slot) AS moved_from,
    array(SELECT lower(o.during) FROM appointment AS o WHERE o.id = any(n.also) ORDER BY 1) AS also_canceled,
    a.cancel_deadline,
    a.hold_expires_at,
    a.canceled_by,
    a.cancel_reason,
    n.request_id,
    money_text(pay.amount, pay.currency) AS payment,
    refunds_of(a.id || n.also) AS refunds,
    r.status = 'erased' AS recipient_erased,
    account_token_lifetime(n.kind) AS code_lifetime,
    f.id AS offer_id,
    f.expires_at AS offer_expires_at,
    money_text(a.fee, a.currency) AS fee,
    money_text(paid.amount, paid.currency) AS paid,
    paid.capture_id,
    w.id AS waitlist_entry,
    w.position,
    w.desired_date
FROM notification AS n
INNER JOIN account AS r ON n.account_id = r.id
LEFT JOIN doctor AS rd ON r.id = rd.account_id
LEFT JOIN patient AS rp ON r.id = rp.account_id
LEFT JOIN appointment AS a ON n.appointment_id = a.id
LEFT JOIN api_waitlist_entry AS w ON n.waitlist_entry_id = w.id
LEFT JOIN doctor AS d ON coalesce(a.doctor_id, w.doctor) = d.account_id
LEFT JOIN patient AS p ON a.patient_id = p.account_id
LEFT JOIN payment AS pay ON n.payment_id = pay.id
LEFT JOIN payment AS paid
    ON
        a.id = paid.appointment_id AND NOT paid.without_slot
        AND paid.status IN ('captured', 'partially_refunded', 'refunded') -- one at most: payment_one_capture
LEFT JOIN offer AS f ON n.offer_id = f.id;
COMMENT ON VIEW notification_message IS 'Everything a mail''s template may say; of an appointment nothing where it is about the account.';
GRANT SELECT ON notification_message TO booking_app;

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
        -- due when that one is: rows that wait are not looked at again and again
        UPDATE notification SET due_at = greatest(due_at, turn) WHERE id = p_id;
        RETURN;
    END IF;
    UPDATE notification SET attempts = attempts + 1, due_at = clock_timestamp() + p_lease WHERE id = p_id;
    SELECT * INTO letter FROM notification_message WHERE id = p_id;
    IF letter.code_lifetime IS NOT NULL THEN
        -- of each attempt, for nobody knows which of them arrives
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
'Takes a due mail for the length of the lease and returns its letter, in which the code of a given SHA-256 is good if it needs one, as an offer''s link does; no row if another has it, it is done, it is stale (then skipped), or it is not its turn (then put off).';
REVOKE EXECUTE ON FUNCTION claim_notification(bigint, interval, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_notification(bigint, interval, bytea) TO booking_app;
