-- To the same request PayPal gives the same answer, so what has failed is asked for once more as another refund.
CREATE OR REPLACE FUNCTION admin.retry_refund(id bigint) RETURNS SETOF refund
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    r refund;
BEGIN
    SELECT f.* INTO r FROM refund AS f WHERE f.id = retry_refund.id;
    PERFORM refuse_input(
        format('There is no refund %s.', coalesce(retry_refund.id::text, '(none is given)')),
        'SELECT refund, why FROM admin.payments_attention; lists those that have failed.'
    ) WHERE r.id IS NULL;
    PERFORM lock_payment(r.payment_id);
    SELECT f.* INTO r FROM refund AS f WHERE f.id = r.id FOR NO KEY UPDATE; -- as it stands after the wait
    PERFORM refuse_input(format('Refund %s is completed: the money is back.', r.id), 'There is nothing to be done.')
    WHERE r.status = 'completed';
    IF r.status = 'failed' THEN
        PERFORM refuse_input(
            format('Nothing is left of payment %s that is not back or on its way back.', r.payment_id),
            format('SELECT * FROM refund WHERE payment_id = %s; shows the refund that followed.', r.payment_id)
        ) WHERE NOT EXISTS (
            SELECT FROM payment AS p
            WHERE p.id = r.payment_id AND p.status IN ('captured', 'partially_refunded') AND p.refund_total < p.amount
        );
        PERFORM request_refund(r.payment_id, r.reason);
    ELSE
        UPDATE refund AS f SET due_at = clock_timestamp() WHERE f.id = r.id;
    END IF;
    RETURN QUERY SELECT f.* FROM refund AS f WHERE f.payment_id = r.payment_id AND f.id >= r.id ORDER BY f.id DESC LIMIT 1;
END
$$;
COMMENT ON FUNCTION admin.retry_refund(bigint) IS
'Has the worker ask PayPal within seconds: by a new refund, of all that is not back or on its way back, if this one has failed, else about this one. Returns the refund that is now under way.';
REVOKE EXECUTE ON FUNCTION admin.retry_refund(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.retry_refund(bigint) TO booking_admin;
