-- Money that needs a person, with all that is known about it.
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
'Money that the worker cannot put right without guessing. Look it up at PayPal by paypal_order or paypal_capture; ask for a failed refund once more by admin.retry_refund(failed_refund); when it is settled, UPDATE payment SET attention = NULL WHERE id = ... takes the row away.';
COMMENT ON COLUMN admin.payments_attention.why IS 'What is wrong.';
COMMENT ON COLUMN admin.payments_attention.payment IS 'The payment''s number; none: there is no payment where there should be one.';
COMMENT ON COLUMN admin.payments_attention.failed_refund IS 'The refund that has failed, for admin.retry_refund().';
COMMENT ON COLUMN admin.payments_attention.appointment IS 'The appointment that was to be paid.';
COMMENT ON COLUMN admin.payments_attention.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.payments_attention.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.payments_attention.patient IS 'The patient''s account id.';
COMMENT ON COLUMN admin.payments_attention.patient_name IS 'The patient''s name.';
COMMENT ON COLUMN admin.payments_attention.starts_at IS 'When the appointment starts.';
COMMENT ON COLUMN admin.payments_attention.appointment_status IS 'The appointment''s status that counts now.';
COMMENT ON COLUMN admin.payments_attention.payment_status IS 'How far the payment is.';
COMMENT ON COLUMN admin.payments_attention.amount IS 'What was to be paid.';
COMMENT ON COLUMN admin.payments_attention.refunds IS 'What is back or on its way back.';
COMMENT ON COLUMN admin.payments_attention.paypal_order IS 'PayPal''s order.';
COMMENT ON COLUMN admin.payments_attention.paypal_capture IS 'PayPal''s capture: the money taken.';
COMMENT ON COLUMN admin.payments_attention.since IS 'When the payment''s status last changed.';
GRANT SELECT ON admin.payments_attention TO booking_admin, booking_auditor;
