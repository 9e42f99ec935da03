CREATE OR REPLACE VIEW admin.payments_attention AS
SELECT
    t.why,
    t.payment_id AS payment,
    (SELECT max(r.id) FROM refund AS r WHERE r.payment_id = t.payment_id AND r.status = 'failed') AS failed_refund,
    t.appointment_id AS appointment,
    a.doctor_id AS doctor,
    d.full_name AS doctor_name,
    a.patient_id AS patient,
    p.full_name AS patient_name,
    lower(a.during) AS starts_at,
    appointment_status(a.status, a.hold_expires_at, upper(a.during), now()) AS appointment_status,
    y.status AS payment_status,
    money_text(coalesce(y.amount, a.fee), a.currency) AS amount,
    money_text(coalesce(y.refund_total, 0.00), a.currency) AS refunds,
    y.order_id AS paypal_order,
    y.capture_id AS paypal_capture,
    y.updated_at AS since
FROM payment_attention AS t
INNER JOIN appointment AS a ON t.appointment_id = a.id
INNER JOIN doctor AS d ON a.doctor_id = d.account_id
LEFT JOIN patient AS p ON a.patient_id = p.account_id
LEFT JOIN payment AS y ON t.payment_id = y.id;
COMMENT ON VIEW admin.payments_attention IS
'Payments that the worker cannot settle and an admin must check. Look the payment up at PayPal by paypal_order or paypal_capture. To retry a failed refund, call admin.retry_refund(failed_refund). When a payment is settled, UPDATE payment SET attention = NULL WHERE id = ... removes its row.';
COMMENT ON COLUMN admin.payments_attention.why IS 'What is wrong.';
COMMENT ON COLUMN admin.payments_attention.payment IS 'The payment id; NULL if the appointment is confirmed without a payment.';
COMMENT ON COLUMN admin.payments_attention.failed_refund IS 'The id of the refund that failed, for admin.retry_refund().';
COMMENT ON COLUMN admin.payments_attention.appointment IS 'The id of the appointment.';
COMMENT ON COLUMN admin.payments_attention.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.payments_attention.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.payments_attention.patient IS 'The patient''s account id.';
COMMENT ON COLUMN admin.payments_attention.patient_name IS 'The patient''s name.';
COMMENT ON COLUMN admin.payments_attention.starts_at IS 'The start of the appointment.';
COMMENT ON COLUMN admin.payments_attention.appointment_status IS 'The current status of the appointment.';
COMMENT ON COLUMN admin.payments_attention.payment_status IS 'The status of the payment.';
COMMENT ON COLUMN admin.payments_attention.amount IS 'The amount of the payment, or the fee if there is no payment.';
COMMENT ON COLUMN admin.payments_attention.refunds IS 'The sum of the refunds that are completed or in progress.';
COMMENT ON COLUMN admin.payments_attention.paypal_order IS 'The order id at PayPal.';
COMMENT ON COLUMN admin.payments_attention.paypal_capture IS 'The capture id at PayPal.';
COMMENT ON COLUMN admin.payments_attention.since IS 'When the payment''s status last changed.';
GRANT SELECT ON admin.payments_attention TO booking_admin, booking_auditor;
