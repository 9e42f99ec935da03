-- Money that needs a person: what the worker cannot put right without guessing.
CREATE OR REPLACE VIEW payment_attention AS
SELECT
    p.id AS payment_id,
    p.appointment_id,
    p.attention AS why
FROM payment AS p
WHERE p.attention IS NOT NULL
UNION ALL
SELECT
    r.payment_id,
    p.appointment_id,
    'The refund has failed: ' || coalesce(r.outcome, 'no reason given') AS why
FROM refund AS r
INNER JOIN payment AS p ON r.payment_id = p.id
WHERE r.status = 'failed' AND p.refund_total < p.amount
UNION ALL
SELECT
    NULL AS payment_id,
    a.id AS appointment_id,
    'The appointment is confirmed without a payment.' AS why
FROM appointment AS a
WHERE a.status = 'confirmed' AND appointment_confirmed_is_paid(a) IS NOT NULL
UNION ALL
SELECT
    p.id AS payment_id,
    p.appointment_id,
    'PayPal has not decided for three days.' AS why
FROM payment AS p
WHERE p.status IN ('capturing', 'pending_review') AND p.updated_at < now() - interval '72 hours';
COMMENT ON VIEW payment_attention IS 'Payments and appointments that do not fit together, and why; an admin clears payment.attention.';
GRANT SELECT ON payment_attention TO booking_app, booking_admin, booking_auditor;
GRANT EXECUTE ON FUNCTION appointment_confirmed_is_paid(appointment) TO booking_app, booking_admin, booking_auditor;

CREATE OR REPLACE FUNCTION reconcile_payments() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    orphan integer;
    orphans integer := 0;
BEGIN
    FOR orphan IN
        SELECT p.id FROM payment AS p
        INNER JOIN appointment AS a ON p.appointment_id = a.id
        WHERE p.status IN ('captured', 'partially_refunded') AND p.refund_total < p.amount
            AND a.status IN ('pending', 'canceled', 'expired', 'released')
            AND NOT EXISTS (SELECT FROM refund WHERE payment_id = p.id AND status = 'failed')
        ORDER BY p.id
    LOOP
        PERFORM request_refund(orphan, 'slot_lost');
        orphans := orphans + 1;
    END LOOP;
    RETURN orphans;
END
$$;
COMMENT ON FUNCTION reconcile_payments() IS
'Has money paid back that was captured for an appointment that is not confirmed; how many payments. Nothing is left to find unless triggers were off.';
REVOKE EXECUTE ON FUNCTION reconcile_payments() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reconcile_payments() TO booking_app, booking_admin;
