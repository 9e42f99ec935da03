CREATE OR REPLACE VIEW admin.waitlist AS
SELECT
    w.id AS entry,
    w.doctor_id AS doctor,
    d.full_name AS doctor_name,
    api.position,
    w.patient_id AS patient,
    p.full_name AS patient_name,
    w.status,
    w.priority_class,
    w.desired_date,
    w.earliest_time,
    w.latest_time,
    w.min_notice_minutes,
    w.created_at
FROM waitlist_entry AS w
INNER JOIN api_waitlist_entry AS api ON w.id = api.id
INNER JOIN doctor AS d ON w.doctor_id = d.account_id
INNER JOIN patient AS p ON w.patient_id = p.account_id
WHERE w.status IN ('waiting', 'offered', 'paused')
ORDER BY w.doctor_id, w.priority_class, w.id;
COMMENT ON VIEW admin.waitlist IS
'Live waitlist entries, in the order in which they are served. Filter by doctor or patient.';
COMMENT ON COLUMN admin.waitlist.entry IS 'The id of the waitlist entry.';
COMMENT ON COLUMN admin.waitlist.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.waitlist.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.waitlist.position IS 'The place in line among entries that could get the same slot; 1 is first.';
COMMENT ON COLUMN admin.waitlist.patient IS 'The patient''s account id.';
COMMENT ON COLUMN admin.waitlist.patient_name IS 'The patient''s name.';
COMMENT ON COLUMN admin.waitlist.status IS 'waiting, offered (a slot is on offer to the patient, or claimed and not paid yet) or paused (by the patient).';
COMMENT ON COLUMN admin.waitlist.priority_class IS '1 if this doctor canceled an appointment of the patient in the 15 days before they joined, otherwise 2.';
COMMENT ON COLUMN admin.waitlist.desired_date IS 'The desired day, in the doctor''s time zone; NULL for any.';
COMMENT ON COLUMN admin.waitlist.earliest_time IS 'The earliest start of a slot, in the doctor''s time zone; NULL for any.';
COMMENT ON COLUMN admin.waitlist.latest_time IS 'The latest start of a slot, in the doctor''s time zone; NULL for any.';
COMMENT ON COLUMN admin.waitlist.min_notice_minutes IS 'The minimum notice of an offer before the start of its slot, in minutes.';
COMMENT ON COLUMN admin.waitlist.created_at IS 'When the patient joined.';
GRANT SELECT ON admin.waitlist TO booking_admin, booking_auditor;
