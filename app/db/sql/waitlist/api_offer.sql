-- An offer as the API answers it; one whose time is over has expired, whether or not a sweep has written it.
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
COMMENT ON VIEW api_offer IS 'Offers as the API shows them, with the slot and what it costs.';
GRANT SELECT ON api_offer TO booking_app, booking_admin, booking_auditor;
