CREATE OR REPLACE VIEW doctor_to_sweep AS
WITH waited_for AS MATERIALIZED ( -- otherwise waitlist_is_due() runs once for each entry
    SELECT doctor_id FROM waitlist_entry WHERE status IN ('waiting', 'offered')
    UNION
    SELECT doctor_id FROM appointment WHERE status = 'offered'
)

SELECT doctor_id FROM appointment WHERE status = 'pending' AND hold_expires_at <= now()
UNION
SELECT doctor_id FROM appointment WHERE status = 'confirmed' AND upper(during) <= now()
UNION
SELECT w.doctor_id
FROM waitlist_entry AS w
INNER JOIN doctor AS d ON w.doctor_id = d.account_id
WHERE w.status IN ('waiting', 'offered', 'paused') AND w.desired_date < (now() AT TIME ZONE d.timezone)::date
UNION
SELECT doctor_id FROM waited_for WHERE waitlist_is_due(doctor_id, now());
COMMENT ON VIEW doctor_to_sweep IS
'Doctors with work for the sweep: lapsed holds, finished visits, waitlist entries for past days, offers that are due, or slots reserved for the waitlist.';
GRANT SELECT ON doctor_to_sweep TO booking_app, booking_admin, booking_auditor;
