-- A mail that is no longer true is not sent.
CREATE OR REPLACE FUNCTION notification_stale(n notification) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN coalesce(n.snapshot ->> 'email', mail_address(r, n.kind)) IS NULL THEN 'there is nowhere to send it'
        WHEN n.kind = 'waitlist_joined'
            THEN (SELECT 'the waiting has ended' FROM waitlist_entry
                WHERE id = n.waitlist_entry_id AND status NOT IN ('waiting', 'offered', 'paused'))
        WHEN n.appointment_id IS NULL THEN NULL
        WHEN n.payment_id IS NOT NULL THEN NULL -- what became of money stays true
        WHEN n.kind = 'slot_offered'
            THEN (SELECT 'the offer has been ' || status FROM api_offer WHERE id = n.offer_id AND status NOT IN ('queued', 'sent'))
        WHEN n.offer_id IS NOT NULL THEN NULL -- an offer that has ended stays so
        WHEN a.version <> n.appointment_version THEN 'the appointment has changed since'
        ELSE scheduled_notification_stale(n.kind, a, clock_timestamp())
    END
    FROM account AS r
    LEFT JOIN appointment AS a ON a.id = n.appointment_id
    WHERE r.id = n.account_id
$$;
COMMENT ON FUNCTION notification_stale(notification) IS 'Why a mail would say what is no longer so; NULL: it is true.';

CREATE OR REPLACE FUNCTION scheduled_notification_stale(p_kind text, a appointment, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_kind = 'appointment_reminder' AND lower(a.during) <= at_ THEN 'the appointment has begun'
        WHEN p_kind IN ('appointment_held', 'hold_lapsing') AND a.hold_expires_at <= at_ THEN 'the hold has lapsed'
        WHEN p_kind IN ('appointment_held', 'hold_lapsing') AND EXISTS (
            SELECT FROM payment WHERE appointment_id = a.id AND status IN ('capturing', 'pending_review')
        ) THEN 'the payment is being made'
    END
$$;
COMMENT ON FUNCTION scheduled_notification_stale(text, appointment, timestamptz) IS
'Why what was planned to be said of an appointment need not be said at an instant, although it has not changed; NULL: it is to be said.';
