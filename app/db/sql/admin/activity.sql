-- One branch for each kind of object, so that a query for one doctor or patient uses an index.
CREATE OR REPLACE VIEW admin.activity AS
SELECT
    changed_at,
    CASE
        WHEN account_id IS NOT NULL THEN acted_as || ' ' || account_id
        WHEN acted_as = 'admin' THEN database_role
        ELSE acted_as
    END AS who,
    replace(object_kind, '_', ' ') || ' ' || object_id AS what,
    history_text(was, becomes) AS changes,
    doctor,
    patient,
    object_kind,
    object_id,
    number,
    transaction_id
FROM (
    SELECT
        h.*,
        a.doctor_id AS doctor,
        a.patient_id AS patient
    FROM history AS h
    INNER JOIN appointment AS a ON h.object_id = a.id
    WHERE h.object_kind = 'appointment'
    UNION ALL
    SELECT
        h.*,
        w.doctor_id AS doctor,
        w.patient_id AS patient
    FROM history AS h
    INNER JOIN waitlist_entry AS w ON h.object_id = w.id
    WHERE h.object_kind = 'waitlist_entry'
    UNION ALL
    SELECT
        h.*,
        paid_visit.doctor_id AS doctor,
        paid_visit.patient_id AS patient
    FROM history AS h
    INNER JOIN payment AS paid ON h.object_id = paid.id
    INNER JOIN appointment AS paid_visit ON paid.appointment_id = paid_visit.id
    WHERE h.object_kind = 'payment'
    UNION ALL
    SELECT
        h.*,
        refunded_visit.doctor_id AS doctor,
        refunded_visit.patient_id AS patient
    FROM history AS h
    INNER JOIN refund AS r ON h.object_id = r.id
    INNER JOIN payment AS refunded ON r.payment_id = refunded.id
    INNER JOIN appointment AS refunded_visit ON refunded.appointment_id = refunded_visit.id
    WHERE h.object_kind = 'refund'
    UNION ALL
    SELECT
        h.*,
        d.account_id AS doctor,
        NULL AS patient
    FROM history AS h
    INNER JOIN doctor AS d ON h.object_id = d.account_id
    WHERE h.object_kind = 'account'
    UNION ALL
    SELECT
        h.*,
        NULL AS doctor,
        p.account_id AS patient
    FROM history AS h
    INNER JOIN patient AS p ON h.object_id = p.account_id
    WHERE h.object_kind = 'account'
    UNION ALL
    SELECT
        h.*,
        NULL AS doctor,
        NULL AS patient
    FROM history AS h
    WHERE h.object_kind = 'policy'
) AS h
ORDER BY changed_at DESC, object_kind ASC, object_id ASC, number DESC;
COMMENT ON VIEW admin.activity IS
'All changes, the newest first. Filter by doctor, patient, object (object_kind and object_id), or a range of changed_at.';
COMMENT ON COLUMN admin.activity.changed_at IS 'When it changed.';
COMMENT ON COLUMN admin.activity.who IS 'Who made the change: an account with its id, the name of a login at psql, payment for the effect of a payment, or system for the service.';
COMMENT ON COLUMN admin.activity.what IS 'The changed object: its kind and its id.';
COMMENT ON COLUMN admin.activity.changes IS 'The changed fields, as old -> new. The first record of an object has only the new values.';
COMMENT ON COLUMN admin.activity.doctor IS 'The account id of the doctor concerned.';
COMMENT ON COLUMN admin.activity.patient IS 'The account id of the patient concerned.';
COMMENT ON COLUMN admin.activity.object_kind IS 'The table of the changed object.';
COMMENT ON COLUMN admin.activity.object_id IS 'The id of the changed object; 1 for the policy.';
COMMENT ON COLUMN admin.activity.number IS 'The number of the record in the history of the object, from 1.';
COMMENT ON COLUMN admin.activity.transaction_id IS 'The transaction that made the change. Changes made together have the same value.';
GRANT SELECT ON admin.activity TO booking_admin, booking_auditor;
