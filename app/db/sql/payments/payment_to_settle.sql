CREATE OR REPLACE VIEW payment_to_settle AS
SELECT id AS payment_id FROM payment WHERE due_at <= now()
UNION
SELECT payment_id FROM refund WHERE status IN ('requested', 'pending') AND due_at <= now();
COMMENT ON VIEW payment_to_settle IS 'Payments that the worker must check at PayPal, or has a refund to request for.';
GRANT SELECT ON payment_to_settle TO booking_app, booking_admin, booking_auditor;
