CREATE OR REPLACE VIEW admin.doctor_load AS
SELECT
    d.account_id AS doctor,
    d.full_name AS doctor_name,
    d.specialty,
    is_verified(d, (SELECT p FROM policy AS p)) AS takes_bookings,
    c.active,
    d.max_appointments AS cap,
    c.active || '/' || d.max_appointments AS load,
    c.holds,
    c.on_offer,
    (SELECT count(*) FROM waitlist_entry AS w WHERE w.doctor_id = d.account_id AND w.status IN ('waiting', 'offered', 'paused')) AS waiting,
    (SELECT min(s.starts_at) FROM free_slots(d.account_id, now(), now() + interval '361 hours') AS s) AS next_free_slot
FROM doctor AS d
CROSS JOIN LATERAL (
    SELECT
        count(*) AS active,
        count(*) FILTER (WHERE a.status = 'pending') AS holds,
        count(*) FILTER (WHERE a.status = 'offered') AS on_offer
    FROM appointment AS a
    WHERE a.doctor_id = d.account_id AND a.seat IS NOT NULL
        AND appointment_status(a.status, a.hold_expires_at, upper(a.during), now()) IN ('offered', 'pending', 'confirmed')
) AS c;
COMMENT ON VIEW admin.doctor_load IS
'Every doctor with the places taken and the next free slot. Filter by doctor, or order by active. Computing next_free_slot for thousands of doctors takes seconds.';
COMMENT ON COLUMN admin.doctor_load.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.doctor_load.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.doctor_load.specialty IS 'The doctor''s specialty.';
COMMENT ON COLUMN admin.doctor_load.takes_bookings IS 'Whether the doctor is verified, or the policy does not require it. False if disabled.';
COMMENT ON COLUMN admin.doctor_load.active IS 'Places taken: confirmed appointments that have not ended, live holds and slots on offer.';
COMMENT ON COLUMN admin.doctor_load.cap IS 'The most places at a time: the doctor''s own cap, never above 30.';
COMMENT ON COLUMN admin.doctor_load.load IS 'Places taken and cap, as active/cap.';
COMMENT ON COLUMN admin.doctor_load.holds IS 'How many of the active ones are unpaid holds.';
COMMENT ON COLUMN admin.doctor_load.on_offer IS 'How many of the active ones are on offer to the waitlist.';
COMMENT ON COLUMN admin.doctor_load.waiting IS 'The number of live entries on the doctor''s waitlist.';
COMMENT ON COLUMN admin.doctor_load.next_free_slot IS 'The first slot that any patient can book now; NULL if there is none within 15 days.';
GRANT SELECT ON admin.doctor_load TO booking_admin, booking_auditor;
