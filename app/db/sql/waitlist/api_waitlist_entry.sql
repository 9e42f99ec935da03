-- The position counts only live entries that could get the same slot: those for the same day or for any day.
CREATE OR REPLACE VIEW api_waitlist_entry AS
SELECT
    w.id,
    w.doctor_id AS doctor,
    w.patient_id AS patient,
    w.desired_date,
    w.earliest_time,
    w.latest_time,
    w.min_notice_minutes,
    w.status,
    CASE
        WHEN w.status IN ('waiting', 'offered', 'paused') THEN (
            SELECT count(*) + 1 FROM waitlist_entry AS o
            WHERE o.doctor_id = w.doctor_id AND (o.priority_class, o.id) < (w.priority_class, w.id)
                AND o.status IN ('waiting', 'offered', 'paused')
                AND (o.desired_date IS NULL OR w.desired_date IS NULL OR o.desired_date = w.desired_date)
        )
    END AS position,
    w.created_at
FROM waitlist_entry AS w;
COMMENT ON VIEW api_waitlist_entry IS 'Waitlist entries as the API returns them. Position 1 is first in line; NULL after the entry has ended.';
GRANT SELECT ON api_waitlist_entry TO booking_app, booking_admin, booking_auditor;
