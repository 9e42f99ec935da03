-- Which slots are held by a booking that is not paid for yet.
CREATE OR REPLACE VIEW admin.holds AS
SELECT
    a.id AS appointment,
    a.doctor_id AS doctor,
    d.full_name AS doctor_name,
    a.patient_id AS patient,
    p.full_name AS patient_name,
    lower(a.during) AS starts_at,
    a.hold_expires_at AS expires_at,
    date_trunc('second', a.hold_expires_at - now()) AS remaining,
    money_text(a.fee, a.currency) AS fee,
    y.id AS payment,
    y.status AS payment_status,
    y.order_id AS paypal_order
FROM appointment AS a
INNER JOIN doctor AS d ON a.doctor_id = d.account_id
INNER JOIN patient AS p ON a.patient_id = p.account_id
LEFT JOIN LATERAL (
    SELECT
        l.id,
        l.status,
        l.order_id
    FROM payment AS l
    WHERE l.appointment_id = a.id
    ORDER BY l.id DESC
    LIMIT 1
) AS y ON true
WHERE a.status = 'pending' AND a.hold_expires_at > now()
ORDER BY a.hold_expires_at;
COMMENT ON VIEW admin.holds IS
'Live holds, those that lapse first first. Ask for all, a doctor or a patient.';
COMMENT ON COLUMN admin.holds.appointment IS 'The appointment''s number.';
COMMENT ON COLUMN admin.holds.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.holds.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.holds.patient IS 'The patient''s account id.';
COMMENT ON COLUMN admin.holds.patient_name IS 'The patient''s name.';
COMMENT ON COLUMN admin.holds.starts_at IS 'When the appointment would start.';
COMMENT ON COLUMN admin.holds.expires_at IS 'Until when the slot is held.';
COMMENT ON COLUMN admin.holds.remaining IS 'How long that is from now.';
COMMENT ON COLUMN admin.holds.fee IS 'What is to be paid.';
COMMENT ON COLUMN admin.holds.payment IS 'The newest payment for it; none: the patient has not begun to pay.';
COMMENT ON COLUMN admin.holds.payment_status IS 'How far that is.';
COMMENT ON COLUMN admin.holds.paypal_order IS 'PayPal''s order, as its own pages name it.';
GRANT SELECT ON admin.holds TO booking_admin, booking_auditor;
