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
COMMENT ON VIEW payment_attention IS 'Payments and appointments that an admin must check, with the reason. To remove a row, settle it and clear payment.attention.';
GRANT SELECT ON payment_attention TO booking_app, booking_admin, booking_auditor;
GRANT EXECUTE ON FUNCTION appointment_confirmed_is_paid(appointment) TO booking_app, booking_admin, booking_auditor;
