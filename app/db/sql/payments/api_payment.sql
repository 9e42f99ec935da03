CREATE OR REPLACE VIEW api_payment AS
SELECT
    p.id AS payment_id,
    p.order_id AS paypal_order,
    p.appointment_id,
    a.patient_id AS patient,
    p.amount,
    p.currency,
    p.status,
    CASE WHEN p.status IN ('created', 'approved') THEN p.approval_url END AS approval_url,
    p.refund_total - coalesce(r.completed, 0.00) AS refund_requested,
    coalesce(r.completed, 0.00) AS refunded,
    p.created_at,
    p.updated_at
FROM payment AS p
INNER JOIN appointment AS a ON p.appointment_id = a.id
LEFT JOIN LATERAL (
    SELECT sum(f.amount) AS completed FROM refund AS f WHERE f.payment_id = p.id AND f.status = 'completed'
) AS r ON true;
COMMENT ON VIEW api_payment IS 'Payments as the API returns them, with the amounts that are being refunded and that are refunded.';
GRANT SELECT ON api_payment TO booking_app, booking_admin, booking_auditor;
