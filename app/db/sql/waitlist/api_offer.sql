-- Shows an offer as expired once expires_at has passed, even before the sweep stores that status.
CREATE OR REPLACE VIEW api_offer AS
SELECT
    o.id,
    o.waitlist_entry_id AS waitlist_entry,
    a.doctor_id AS doctor,
    w.patient_id AS patient,
    o.appointment_id AS appointment,
    lower(a.during) AS appointment_date,
    upper(a.during) AS ends_at,
    a.fee,
    a.currency,
    CASE WHEN o.status IN ('queued', 'sent') AND o.expires_at <= now() THEN 'expired' ELSE o.status END AS status,
    o.expires_at,
    o.created_at
FROM offer AS o
INNER JOIN waitlist_entry AS w ON o.waitlist_entry_id = w.id
INNER JOIN appointment AS a ON o.appointment_id = a.id;
COMMENT ON VIEW api_offer IS 'Offers as the API returns them, with their slot and its fee.';
GRANT SELECT ON api_offer TO booking_app, booking_admin, booking_auditor;
