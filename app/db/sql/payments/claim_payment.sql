-- The worker looks at what PayPal may have decided meanwhile: what is due, one payment by one worker at a time.
CREATE OR REPLACE FUNCTION claim_payment(p_payment bigint, p_lease interval) RETURNS SETOF payment
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE payment SET due_at = clock_timestamp() + p_lease
    WHERE id = (
        SELECT id FROM payment WHERE id = p_payment AND due_at <= clock_timestamp() FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING *
$$;
COMMENT ON FUNCTION claim_payment(bigint, interval) IS
'Takes a due payment for the length of the lease; no row if another has it or nothing is due.';
REVOKE EXECUTE ON FUNCTION claim_payment(bigint, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_payment(bigint, interval) TO booking_app;

CREATE OR REPLACE FUNCTION finish_payment_check(p_payment bigint, p_claimed timestamptz) RETURNS void
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
COMMENT ON FUNCTION finish_payment_check(bigint, timestamptz) IS
'Says when to look at a payment next, after a look that was claimed until an instant and found nothing new.';
REVOKE EXECUTE ON FUNCTION finish_payment_check(bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION finish_payment_check(bigint, timestamptz) TO booking_app;
