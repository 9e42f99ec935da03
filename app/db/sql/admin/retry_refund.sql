-- PayPal gives the same answer to the same request, so a failed refund is retried as a new refund.
CREATE OR REPLACE FUNCTION admin.retry_refund(id bigint) RETURNS SETOF refund
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    r refund;
BEGIN
    SELECT f.* INTO r FROM refund AS f WHERE f.id = retry_refund.id;
    PERFORM refuse_input(
        -- CASE instead of WHERE: the planner would evaluate the call, whose arguments are constants then
        CASE WHEN r.id IS NULL THEN coalesce('There is no refund ' || retry_refund.id || '.', 'No refund is given.') END,
        'To list the failed refunds, run: SELECT failed_refund, why FROM admin.payments_attention;'
    );
    PERFORM lock_payment(r.payment_id);
    SELECT f.* INTO r FROM refund AS f WHERE f.id = r.id FOR NO KEY UPDATE; -- it may have changed while this waited for the lock
    PERFORM refuse_input(format('Refund %s is completed.', r.id), 'The money has been refunded. There is nothing to do.')
    WHERE r.status = 'completed';
    IF r.status = 'failed' THEN
        PERFORM refuse_input(
            format('All of payment %s is refunded or being refunded.', r.payment_id),
            format('To see its refunds, run: SELECT * FROM refund WHERE payment_id = %s;', r.payment_id)
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
'Retries a refund within seconds. If it has failed, requests a new refund of what is not refunded or being refunded; otherwise checks this one at PayPal. Returns the refund that is in progress.';
REVOKE EXECUTE ON FUNCTION admin.retry_refund(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.retry_refund(bigint) TO booking_admin;
