CREATE OR REPLACE FUNCTION claim_payment(p_payment bigint, p_lease interval) RETURNS SETOF payment
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE payment SET due_at = clock_timestamp() + p_lease
    WHERE id = (
        SELECT id FROM payment WHERE id = p_payment AND due_at <= clock_timestamp() FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING *
$$;
COMMENT ON FUNCTION claim_payment(bigint, interval) IS
'Leases a due payment to one worker. Returns no row if it is not due or leased to another worker.';
REVOKE EXECUTE ON FUNCTION claim_payment(bigint, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_payment(bigint, interval) TO booking_app;

CREATE OR REPLACE FUNCTION finish_payment_check(p_payment bigint, p_claimed timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE payment SET
        -- PayPal's order has expired by then, too
        status = CASE WHEN status IN ('created', 'approved') AND created_at < clock_timestamp() - interval '6 hours'
            THEN 'canceled' ELSE status END,
        due_at = clock_timestamp() + CASE
            WHEN status IN ('created', 'approved', 'capturing')
                THEN greatest(interval '30 s', (clock_timestamp() - created_at) / 4)
            WHEN status = 'pending_review' THEN interval '10 min'
        END
    WHERE id = p_payment AND due_at = p_claimed -- otherwise it has changed or a webhook event has arrived
$$;
COMMENT ON FUNCTION finish_payment_check(bigint, timestamptz) IS
'Schedules the next check of a payment after a check that found no change. Does nothing if due_at is no longer the end of that check''s lease.';
REVOKE EXECUTE ON FUNCTION finish_payment_check(bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION finish_payment_check(bigint, timestamptz) TO booking_app;
