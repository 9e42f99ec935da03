CREATE OR REPLACE VIEW api_appointment_history AS
SELECT
    h.object_id AS appointment,
    a.doctor_id AS doctor,
    a.patient_id AS patient,
    h.number,
    h.changed_at,
    h.acted_as,
    h.account_id,
    history_changes(h) AS changes
FROM history AS h
INNER JOIN appointment AS a ON h.object_id = a.id
WHERE h.object_kind = 'appointment';
COMMENT ON VIEW api_appointment_history IS 'The history of appointments, as the API returns it to their patient and doctor.';
GRANT SELECT ON api_appointment_history TO booking_app, booking_admin, booking_auditor;
