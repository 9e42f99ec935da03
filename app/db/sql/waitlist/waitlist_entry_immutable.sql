CREATE OR REPLACE FUNCTION waitlist_entry_immutable(was waitlist_entry, becomes waitlist_entry) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN (was.id, was.doctor_id, was.patient_id, was.priority_class, was.created_at)
            <> (becomes.id, becomes.doctor_id, becomes.patient_id, becomes.priority_class, becomes.created_at)
            OR was.desired_date IS DISTINCT FROM becomes.desired_date
            THEN 'Only the status and the preferences of a waitlist entry can be changed. To change the rest, leave and join again.'
    END
$$;
COMMENT ON FUNCTION waitlist_entry_immutable(waitlist_entry, waitlist_entry) IS
'The doctor, patient, desired date and place in line of a waitlist entry never change. Returns why one row may not become the other, or NULL if it may.';
