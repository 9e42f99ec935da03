CREATE OR REPLACE FUNCTION admin.explain_refusal(doctor bigint, patient bigint, start timestamptz)
RETURNS TABLE (rule text, ok boolean, why text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found_ jsonb;
BEGIN
    PERFORM refuse_input(
        -- CASE instead of WHERE: with only constants, the planner would evaluate the call
        CASE WHEN num_nulls(doctor, patient, start) > 0 THEN 'Doctor, patient and start are all required.' END,
        'Example: SELECT * FROM admin.explain_refusal(1, 2, ''2030-01-31 09:00+00''); The views doctor_load and day_sheet show account ids.'
    );
    BEGIN
        -- slots that have come free go to the waitlist before any booking: done here as in book(), and rolled back
        PERFORM serve_waitlist(explain_refusal.doctor) WHERE has_waitlist(explain_refusal.doctor);
        found_ := jsonb_agg(r) FROM rules_with_people(explain_refusal.doctor, explain_refusal.patient, start) AS r;
        RAISE EXCEPTION USING ERRCODE = 'BK000', MESSAGE = 'undone';
    EXCEPTION WHEN SQLSTATE 'BK000' THEN
        RETURN QUERY SELECT r.rule, r.ok, r.why FROM jsonb_to_recordset(found_) AS r (rule text, ok boolean, why text);
    END;
END
$$;
COMMENT ON FUNCTION admin.explain_refusal(bigint, bigint, timestamptz) IS
'Checks every rule of a booking for a doctor, a patient (account ids) and a start, as of now. Returns the rules in the order in which a booking checks them, and why a rule is broken. ok is NULL for a rule that cannot be checked. A slot on offer to the patient counts as free for them. Changes nothing.';
REVOKE EXECUTE ON FUNCTION admin.explain_refusal(bigint, bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.explain_refusal(bigint, bigint, timestamptz) TO booking_admin;

CREATE OR REPLACE FUNCTION rules_with_people(p_doctor bigint, p_patient bigint, p_start timestamptz)
RETURNS TABLE (rule text, ok boolean, why text)
LANGUAGE sql STABLE AS $$
    SELECT r.rule, r.why IS NULL, r.why
    FROM (
        VALUES
        ('appointment_doctor_id_fkey', no_doctor(p_doctor)),
        ('appointment_patient_id_fkey', coalesce(no_patient(p_patient), barred_patient(p_patient, true)))
    ) AS r (rule, why)
    UNION ALL
    SELECT r.rule, r.why IS NULL, r.why FROM booking_rules(p_patient, p_doctor, p_start, NULL) AS r
    UNION ALL
    SELECT r.rule, NULL, 'This rule cannot be checked without a doctor.'
    FROM slot_rules(NULL, NULL, NULL, NULL, NULL, NULL) AS r
    WHERE no_doctor(p_doctor) IS NOT NULL
$$;
COMMENT ON FUNCTION rules_with_people(bigint, bigint, timestamptz) IS
'The results of booking_rules(), and whether the doctor and the patient exist.';

CREATE OR REPLACE FUNCTION no_patient(p_patient bigint) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_patient IS NULL THEN 'No patient is given.'
        WHEN NOT EXISTS (SELECT FROM patient WHERE account_id = p_patient) THEN format('There is no patient %s.', p_patient)
    END
$$;
COMMENT ON FUNCTION no_patient(bigint) IS 'Returns why an id is not the account id of a patient, or NULL if it is.';
