-- The worker looks at what PayPal may have decided meanwhile: what is due, one payment by one worker at a time.
CREATE OR REPLACE VIEW payment_to_settle AS
SELECT id AS payment_id FROM payment WHERE due_at <= now()
UNION
SELECT payment_id FROM refund WHERE status IN ('requested', 'pending') AND due_at <= now();
COMMENT ON VIEW payment_to_settle IS 'Payments about which PayPal is to be asked, or told of a refund.';
GRANT SELECT ON payment_to_settle TO booking_app, booking_admin, booking_auditor;

CREATE OR REPLACE FUNCTION claim_payment(p_payment integer, p_lease interval) RETURNS SETOF payment
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE payment SET due_at = clock_timestamp() + p_lease
    WHERE id = (
        SELECT id FROM payment WHERE id = p_payment AND due_at <= clock_timestamp() FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING *
$$;
COMMENT ON FUNCTION claim_payment(integer, interval) IS
'Takes a due payment for the length of the lease; no row if another has it or nothing is due.';
REVOKE EXECUTE ON FUNCTION claim_payment(integer, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_payment(integer, interval) TO booking_app;

CREATE OR REPLACE FUNCTION finish_look(p_payment integer, p_claimed timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE payment SET
        -- by then PayPal's order has ended, too
        status = CASE WHEN status IN ('created', 'approved') AND created_at < clock_timestamp() - interval '6 hours'
            THEN 'canceled' ELSE status END,
        due_at = clock_timestamp() + CASE
            WHEN status IN ('created', 'approved', 'capturing')
                THEN greatest(interval '30 s', (clock_timestamp() - created_at) / 4)
            WHEN status = 'pending_review' THEN interval '10 min'
        END
    WHERE id = p_payment AND due_at = p_claimed -- else it has moved on, or there is news of it
$$;
COMMENT ON FUNCTION finish_look(integer, timestamptz) IS
'Says when to look at a payment next, after a look that was claimed until an instant and found nothing new.';
REVOKE EXECUTE ON FUNCTION finish_look(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION finish_look(integer, timestamptz) TO booking_app;

CREATE OR REPLACE FUNCTION receive_webhook(p_event text, p_kind text, p_names text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    ours integer := (
        SELECT id FROM payment WHERE order_id = ANY (p_names)
        UNION ALL
        SELECT id FROM payment WHERE capture_id = ANY (p_names)
        UNION ALL
        SELECT payment_id FROM refund WHERE paypal_id = ANY (p_names)
        UNION ALL
        SELECT id FROM payment
        WHERE reference = ANY (ARRAY(SELECT name::uuid FROM unnest(p_names) AS name WHERE name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))
        LIMIT 1
    );
BEGIN
    -- before the event refers to it: whoever is writing the capture's id down would wait for that, and we for them
    PERFORM FROM payment WHERE id = ours FOR NO KEY UPDATE;
    INSERT INTO webhook_event (id, kind, payment_id) VALUES (p_event, p_kind, ours) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        UPDATE payment SET due_at = clock_timestamp() WHERE id = ours;
        UPDATE refund SET due_at = clock_timestamp() WHERE payment_id = ours AND status = 'pending';
    END IF;
END
$$;
COMMENT ON FUNCTION receive_webhook(text, text, text[]) IS
'Keeps an event of PayPal''s, once, and has the payment looked at that one of the names in it (order, capture, refund, our reference) is of.';
REVOKE EXECUTE ON FUNCTION receive_webhook(text, text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION receive_webhook(text, text, text[]) TO booking_app;
