-- Why a patient cannot have a slot, rule by rule, as a booking at this moment would find it.
CREATE OR REPLACE FUNCTION admin.explain_refusal(doctor bigint, patient bigint, start timestamptz)
RETURNS TABLE (rule text, ok boolean, why text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found_ jsonb;
BEGIN
    PERFORM refuse_input(
        -- CASE, not WHERE: with constants alone it is called when planned
        CASE WHEN num_nulls(doctor, patient, start) > 0 THEN 'Doctor, patient and start are all needed.' END,
        'SELECT * FROM admin.explain_refusal(1, 2, ''2030-01-31 09:00+00''); account ids are in the views doctor_load and day_sheet.'
    );
    BEGIN
        -- what the clock has freed goes to the waitlist before anybody is booked: done as book() does, and undone
        PERFORM serve_waitlist(explain_refusal.doctor) WHERE has_waitlist(explain_refusal.doctor);
        found_ := jsonb_agg(r) FROM rules_with_people(explain_refusal.doctor, explain_refusal.patient, start) AS r;
        RAISE EXCEPTION USING ERRCODE = 'BK000', MESSAGE = 'undone';
    EXCEPTION WHEN SQLSTATE 'BK000' THEN
        RETURN QUERY SELECT r.rule, r.ok, r.why FROM jsonb_to_recordset(found_) AS r (rule text, ok boolean, why text);
    END;
END
$$;
COMMENT ON FUNCTION admin.explain_refusal(bigint, bigint, timestamptz) IS
'Every rule of booking in the order in which a refusal names the first that is broken: ok, or broken and why, for this doctor, patient and start (account ids) at this moment; ok is unknown where there is nothing to look at. A slot on offer to the patient is theirs. Changes nothing.';
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
    SELECT r.rule, NULL, 'Without a doctor there is nothing to look at.'
    FROM slot_rules(NULL, NULL, NULL, NULL, NULL, NULL) AS r
    WHERE no_doctor(p_doctor) IS NOT NULL
$$;
COMMENT ON FUNCTION rules_with_people(bigint, bigint, timestamptz) IS
'What booking_rules() says of a booking, and whether there are such people.';

CREATE OR REPLACE FUNCTION no_patient(p_patient bigint) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_patient IS NULL THEN 'Which patient? None is given.'
        WHEN NOT EXISTS (SELECT FROM patient WHERE account_id = p_patient) THEN format('There is no patient %s.', p_patient)
    END
$$;
COMMENT ON FUNCTION no_patient(bigint) IS 'Why a number is no patient''s; NULL: it is one''s.';
