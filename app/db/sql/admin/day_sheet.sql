-- Who comes to whom on a day, as the doctor's calendar and clock show it.
CREATE OR REPLACE VIEW admin.day_sheet AS
SELECT
    a.id AS appointment,
    a.doctor_id AS doctor,
    d.full_name AS doctor_name,
    (lower(a.during) AT TIME ZONE d.timezone)::date AS day,
    (lower(a.during) AT TIME ZONE d.timezone)::time AS starts,
    (upper(a.during) AT TIME ZONE d.timezone)::time AS ends,
    appointment_status(a.status, a.hold_expires_at, upper(a.during), now()) AS status,
    a.patient_id AS patient,
    p.full_name AS patient_name,
    p.phone AS patient_phone,
    money_text(a.fee, a.currency) AS fee,
    (SELECT y.status FROM payment AS y WHERE y.appointment_id = a.id ORDER BY y.id DESC LIMIT 1) AS payment,
    a.canceled_by,
    a.cancel_reason,
    lower(a.during) AS starts_at,
    d.timezone
FROM appointment AS a
INNER JOIN doctor AS d ON a.doctor_id = d.account_id
LEFT JOIN patient AS p ON a.patient_id = p.account_id
WHERE a.status NOT IN ('released', 'expired')
ORDER BY a.doctor_id, lower(a.during), a.id;
COMMENT ON VIEW admin.day_sheet IS
'Appointments, past and to come, canceled ones included, in order of doctor and time. Ask for a doctor and a day, a patient, or, for a day of all doctors, a range of starts_at.';
COMMENT ON COLUMN admin.day_sheet.appointment IS 'The appointment''s number, for admin.cancel_appointment() and admin.reschedule_appointment().';
COMMENT ON COLUMN admin.day_sheet.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.day_sheet.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.day_sheet.day IS 'The day of the doctor''s calendar.';
COMMENT ON COLUMN admin.day_sheet.starts IS 'When it starts by the doctor''s clock.';
COMMENT ON COLUMN admin.day_sheet.ends IS 'When it ends by the doctor''s clock.';
COMMENT ON COLUMN admin.day_sheet.status IS 'The status that counts now: a lapsed hold reads expired, a finished visit completed.';
COMMENT ON COLUMN admin.day_sheet.patient IS 'The patient''s account id; none while the slot is on offer to the waitlist.';
COMMENT ON COLUMN admin.day_sheet.patient_name IS 'The patient''s name.';
COMMENT ON COLUMN admin.day_sheet.patient_phone IS 'The patient''s telephone.';
COMMENT ON COLUMN admin.day_sheet.fee IS 'What it costs.';
COMMENT ON COLUMN admin.day_sheet.payment IS 'How far the newest payment for it is; none: nobody has begun to pay.';
COMMENT ON COLUMN admin.day_sheet.canceled_by IS 'patient, doctor or admin.';
COMMENT ON COLUMN admin.day_sheet.cancel_reason IS 'What the canceling side said, if anything.';
COMMENT ON COLUMN admin.day_sheet.starts_at IS 'When it starts, as an instant: what to ask by for all doctors at once.';
COMMENT ON COLUMN admin.day_sheet.timezone IS 'The doctor''s time zone.';
GRANT SELECT ON admin.day_sheet TO booking_admin, booking_auditor;
