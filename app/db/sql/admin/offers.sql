-- What is on offer to whom at this moment.
CREATE OR REPLACE VIEW admin.offers AS
SELECT
    o.id AS offer,
    a.doctor_id AS doctor,
    d.full_name AS doctor_name,
    o.appointment_id AS appointment,
    lower(a.during) AS starts_at,
    o.waitlist_entry_id AS entry,
    w.patient_id AS patient,
    p.full_name AS patient_name,
    o.wave,
    o.status,
    o.expires_at,
    o.due_at AS next_look,
    o.created_at
FROM offer AS o
INNER JOIN appointment AS a ON o.appointment_id = a.id
INNER JOIN waitlist_entry AS w ON o.waitlist_entry_id = w.id
INNER JOIN doctor AS d ON a.doctor_id = d.account_id
INNER JOIN patient AS p ON w.patient_id = p.account_id
WHERE o.status IN ('queued', 'sent') AND o.expires_at > now()
ORDER BY a.doctor_id, o.appointment_id, o.wave, o.id;
COMMENT ON VIEW admin.offers IS
'Offers that can be accepted now, slot by slot. Ask for a doctor, a patient or an appointment.';
COMMENT ON COLUMN admin.offers.offer IS 'The offer''s number.';
COMMENT ON COLUMN admin.offers.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.offers.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.offers.appointment IS 'The slot, an appointment without a patient.';
COMMENT ON COLUMN admin.offers.starts_at IS 'When the slot starts.';
COMMENT ON COLUMN admin.offers.entry IS 'The waitlist entry it is offered to.';
COMMENT ON COLUMN admin.offers.patient IS 'The patient''s account id.';
COMMENT ON COLUMN admin.offers.patient_name IS 'The patient''s name.';
COMMENT ON COLUMN admin.offers.wave IS '1 for those who heard first; each wave is twice as large.';
COMMENT ON COLUMN admin.offers.status IS 'queued: its mail is not sent yet; sent.';
COMMENT ON COLUMN admin.offers.expires_at IS 'Good until then, unless somebody else is faster.';
COMMENT ON COLUMN admin.offers.next_look IS 'When the next wave is due, or this offer''s end.';
COMMENT ON COLUMN admin.offers.created_at IS 'When it was made.';
GRANT SELECT ON admin.offers TO booking_admin, booking_auditor;
