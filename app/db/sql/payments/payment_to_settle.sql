CREATE OR REPLACE VIEW payment_to_settle AS
SELECT id AS payment_id FROM payment WHERE due_at <= now()
UNION
SELECT payment_id FROM refund WHERE status IN ('requested', 'pending') AND due_at <= now();
COMMENT ON VIEW payment_to_settle IS 'Payments about which PayPal is to be asked, or told of a refund.';
GRANT SELECT ON payment_to_settle TO booking_app, booking_admin, booking_auditor;
