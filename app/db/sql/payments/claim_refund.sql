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
'Takes a due refund for the length of the lease; no row if another has it or it is done.';
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
            WHEN due_at <= clock_timestamp() THEN due_at -- there has been news of it since it was claimed
            -- 1, 2, 4 ... minutes, up to 6 hours
            ELSE clock_timestamp() + least(interval '1 min' * power(2, greatest(attempts - 1, 0)), interval '6 hours')
        END
    WHERE id = p_refund AND status IN ('requested', 'pending');
END
$$;
COMMENT ON FUNCTION record_refund(bigint, text, text, text) IS
'Writes down how a refund stands (requested, pending, completed or failed) and why; unless it is over, it is looked at again later.';
REVOKE EXECUTE ON FUNCTION record_refund(bigint, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_refund(bigint, text, text, text) TO booking_app;
