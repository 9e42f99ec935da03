CREATE OR REPLACE FUNCTION notification_stale(n notification) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN coalesce(n.snapshot ->> 'email', mail_address(r, n.kind)) IS NULL THEN 'the account has no email address for it'
        WHEN n.kind = 'waitlist_joined'
            THEN (SELECT 'the waitlist entry has ended' FROM waitlist_entry
                WHERE id = n.waitlist_entry_id AND status NOT IN ('waiting', 'offered', 'paused'))
        WHEN n.appointment_id IS NULL THEN NULL
        WHEN n.payment_id IS NOT NULL THEN NULL -- a mail about money is never stale
        WHEN n.kind = 'slot_offered'
            THEN (SELECT 'the offer is ' || status FROM api_offer WHERE id = n.offer_id AND status NOT IN ('queued', 'sent'))
        WHEN n.offer_id IS NOT NULL THEN NULL -- an ended offer never changes
        WHEN a.version <> n.appointment_version THEN 'the appointment has changed'
        ELSE scheduled_notification_stale(n.kind, a, clock_timestamp())
    END
    FROM account AS r
    LEFT JOIN appointment AS a ON a.id = n.appointment_id
    WHERE r.id = n.account_id
$$;
COMMENT ON FUNCTION notification_stale(notification) IS 'Returns why a mail is out of date and must not be sent, or NULL if it can be sent.';

CREATE OR REPLACE FUNCTION scheduled_notification_stale(p_kind text, a appointment, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_kind = 'appointment_reminder' AND lower(a.during) <= at_ THEN 'the appointment has begun'
        WHEN p_kind IN ('appointment_held', 'hold_lapsing') AND a.hold_expires_at <= at_ THEN 'the hold has lapsed'
        WHEN p_kind IN ('appointment_held', 'hold_lapsing') AND EXISTS (
            SELECT FROM payment WHERE appointment_id = a.id AND status IN ('capturing', 'pending_review')
        ) THEN 'the payment is in progress'
    END
$$;
COMMENT ON FUNCTION scheduled_notification_stale(text, appointment, timestamptz) IS
'Returns why a scheduled mail about an unchanged appointment is not needed at an instant, or NULL if it is.';
