-- Who waits for whom, in the order in which they are served.
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
'Live waitlist entries, first in line first. Ask for a doctor or a patient.';
COMMENT ON COLUMN admin.waitlist.entry IS 'The entry''s number.';
COMMENT ON COLUMN admin.waitlist.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.waitlist.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.waitlist.position IS '1 is first of those who could take the same slot.';
COMMENT ON COLUMN admin.waitlist.patient IS 'The patient''s account id.';
COMMENT ON COLUMN admin.waitlist.patient_name IS 'The patient''s name.';
COMMENT ON COLUMN admin.waitlist.status IS 'waiting; offered: a slot is on offer to them, or claimed and not paid yet; paused by the patient.';
COMMENT ON COLUMN admin.waitlist.priority_class IS '1: this doctor canceled on them lately; 2: everybody else.';
COMMENT ON COLUMN admin.waitlist.desired_date IS 'The day of the doctor''s calendar that they wait for; none: any.';
COMMENT ON COLUMN admin.waitlist.earliest_time IS 'A slot starts then or later by the doctor''s clock; none: as early as may be.';
COMMENT ON COLUMN admin.waitlist.latest_time IS 'A slot starts then or earlier by the doctor''s clock; none: as late as may be.';
COMMENT ON COLUMN admin.waitlist.min_notice_minutes IS 'How long before its start they must hear of a slot, minutes.';
COMMENT ON COLUMN admin.waitlist.created_at IS 'When they joined.';
GRANT SELECT ON admin.waitlist TO booking_admin, booking_auditor;
