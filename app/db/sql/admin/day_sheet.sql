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
'Past and future appointments, including canceled ones, in order of doctor and time. Filter by doctor and day, by patient, or, for all doctors, by a range of starts_at.';
COMMENT ON COLUMN admin.day_sheet.appointment IS 'The appointment id, for admin.cancel_appointment() and admin.reschedule_appointment().';
COMMENT ON COLUMN admin.day_sheet.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.day_sheet.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.day_sheet.day IS 'The day, in the doctor''s time zone.';
COMMENT ON COLUMN admin.day_sheet.starts IS 'The start, in the doctor''s time zone.';
COMMENT ON COLUMN admin.day_sheet.ends IS 'The end, in the doctor''s time zone.';
COMMENT ON COLUMN admin.day_sheet.status IS 'The current status: expired for a lapsed hold and completed for a finished visit, even before the sweep.';
COMMENT ON COLUMN admin.day_sheet.patient IS 'The patient''s account id; NULL while the slot is on offer to the waitlist.';
COMMENT ON COLUMN admin.day_sheet.patient_name IS 'The patient''s name.';
COMMENT ON COLUMN admin.day_sheet.patient_phone IS 'The patient''s telephone number.';
COMMENT ON COLUMN admin.day_sheet.fee IS 'The fee.';
COMMENT ON COLUMN admin.day_sheet.payment IS 'The status of its newest payment; NULL if there is none.';
COMMENT ON COLUMN admin.day_sheet.canceled_by IS 'Who canceled it: patient, doctor or admin.';
COMMENT ON COLUMN admin.day_sheet.cancel_reason IS 'The reason given for the cancellation, if any.';
COMMENT ON COLUMN admin.day_sheet.starts_at IS 'The start as an instant. Use it to filter the appointments of all doctors.';
COMMENT ON COLUMN admin.day_sheet.timezone IS 'The doctor''s time zone.';
GRANT SELECT ON admin.day_sheet TO booking_admin, booking_auditor;
