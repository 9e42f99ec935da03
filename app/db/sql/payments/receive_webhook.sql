CREATE OR REPLACE FUNCTION receive_webhook(p_event text, p_kind text, p_names text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    ours bigint := (
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
    -- locked before the event refers to it: otherwise a concurrent update of capture_id could deadlock with this
    PERFORM FROM payment WHERE id = ours FOR NO KEY UPDATE;
    INSERT INTO webhook_event (id, kind, payment_id) VALUES (p_event, p_kind, ours) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        UPDATE payment SET due_at = clock_timestamp() WHERE id = ours;
        UPDATE refund SET due_at = clock_timestamp() WHERE payment_id = ours AND status = 'pending';
    END IF;
END
$$;
COMMENT ON FUNCTION receive_webhook(text, text, text[]) IS
'Stores a PayPal event, once, and schedules a check of the payment that one of its ids (order, capture, refund or our reference) belongs to.';
REVOKE EXECUTE ON FUNCTION receive_webhook(text, text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION receive_webhook(text, text, text[]) TO booking_app;
