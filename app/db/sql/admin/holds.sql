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
'Live holds of unpaid bookings, in the order in which they lapse. Filter by doctor or patient.';
COMMENT ON COLUMN admin.holds.appointment IS 'The appointment id.';
COMMENT ON COLUMN admin.holds.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.holds.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.holds.patient IS 'The patient''s account id.';
COMMENT ON COLUMN admin.holds.patient_name IS 'The patient''s name.';
COMMENT ON COLUMN admin.holds.starts_at IS 'The start of the appointment.';
COMMENT ON COLUMN admin.holds.expires_at IS 'When the hold lapses.';
COMMENT ON COLUMN admin.holds.remaining IS 'The time left until the hold lapses.';
COMMENT ON COLUMN admin.holds.fee IS 'The fee to pay.';
COMMENT ON COLUMN admin.holds.payment IS 'The id of the newest payment; NULL if the patient has not begun to pay.';
COMMENT ON COLUMN admin.holds.payment_status IS 'The status of that payment.';
COMMENT ON COLUMN admin.holds.paypal_order IS 'The order id at PayPal.';
GRANT SELECT ON admin.holds TO booking_admin, booking_auditor;
