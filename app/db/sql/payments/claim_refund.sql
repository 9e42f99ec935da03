CREATE OR REPLACE FUNCTION claim_refund(p_refund bigint, p_lease interval)
RETURNS TABLE (status text, request_id uuid, paypal_id text, capture_id text, reference uuid, amount numeric, currency text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE refund AS r SET attempts = r.attempts + 1, due_at = clock_timestamp() + p_lease
    FROM payment AS p
    WHERE r.payment_id = p.id AND r.id = (
        SELECT id FROM refund
        WHERE id = p_refund AND status IN ('requested', 'pending') AND due_at <= clock_timestamp()
        FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING r.status, r.request_id, r.paypal_id, p.capture_id, p.reference, r.amount, p.currency::text
$$;
COMMENT ON FUNCTION claim_refund(bigint, interval) IS
'Leases a due refund to one worker. Returns no row if it has ended, is not due, or is leased to another worker.';
REVOKE EXECUTE ON FUNCTION claim_refund(bigint, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_refund(bigint, interval) TO booking_app;

CREATE OR REPLACE FUNCTION record_refund(p_refund bigint, p_paypal text, p_status text, p_outcome text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM lock_payment(payment_id) FROM refund WHERE id = p_refund;
    UPDATE refund SET
        paypal_id = coalesce(p_paypal, paypal_id),
        status = p_status,
        outcome = p_outcome,
        due_at = CASE
            WHEN due_at <= clock_timestamp() THEN due_at -- a webhook event has arrived since it was claimed
            -- 1, 2, 4 ... minutes, up to 6 hours
            ELSE clock_timestamp() + least(interval '1 min' * power(2, greatest(attempts - 1, 0)), interval '6 hours')
        END
    WHERE id = p_refund AND status IN ('requested', 'pending');
END
$$;
COMMENT ON FUNCTION record_refund(bigint, text, text, text) IS
'Stores the status of a refund (requested, pending, completed or failed) and the reason. A refund that has not ended is checked again later.';
REVOKE EXECUTE ON FUNCTION record_refund(bigint, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_refund(bigint, text, text, text) TO booking_app;
