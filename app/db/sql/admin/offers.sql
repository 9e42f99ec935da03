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
'Offers that can be accepted now, in order of doctor and slot. Filter by doctor, patient or appointment.';
COMMENT ON COLUMN admin.offers.offer IS 'The offer id.';
COMMENT ON COLUMN admin.offers.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.offers.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.offers.appointment IS 'The id of the slot, which is an appointment without a patient.';
COMMENT ON COLUMN admin.offers.starts_at IS 'The start of the slot.';
COMMENT ON COLUMN admin.offers.entry IS 'The id of the waitlist entry.';
COMMENT ON COLUMN admin.offers.patient IS 'The patient''s account id.';
COMMENT ON COLUMN admin.offers.patient_name IS 'The patient''s name.';
COMMENT ON COLUMN admin.offers.wave IS 'The wave of the offer, from 1. Each wave is twice as large as the last.';
COMMENT ON COLUMN admin.offers.status IS 'queued (the mail is not sent yet) or sent.';
COMMENT ON COLUMN admin.offers.expires_at IS 'When the offer expires, unless another patient claims the slot first.';
COMMENT ON COLUMN admin.offers.next_look IS 'When the next wave is due or this offer expires.';
COMMENT ON COLUMN admin.offers.created_at IS 'When the offer was made.';
GRANT SELECT ON admin.offers TO booking_admin, booking_auditor;
