CREATE OR REPLACE FUNCTION lock_patient_with_doctors(p_patient bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    doctors bigint ARRAY := doctors_of(p_patient);
BEGIN
    PERFORM FROM doctor WHERE account_id = ANY (doctors) ORDER BY account_id FOR NO KEY UPDATE;
    UPDATE patient SET booking_seq = booking_seq + 1 WHERE account_id = p_patient;
    IF NOT doctors_of(p_patient) <@ doctors THEN
        -- a doctor booked since then would be locked out of order
        RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'This patient has just booked. Try again.';
    END IF;
END
$$;
COMMENT ON FUNCTION lock_patient_with_doctors(bigint) IS
'Locks the doctors of a patient''s future appointments and waitlist entries, in order of id, and then the patient, who cannot book until the transaction ends.';

CREATE OR REPLACE FUNCTION doctors_of(p_patient bigint) RETURNS bigint[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(DISTINCT doctor_id), '{}')
    FROM (SELECT doctor_id FROM upcoming_appointments(p_patient) UNION ALL SELECT doctor_id FROM live_entries(p_patient)) AS ahead
$$;
COMMENT ON FUNCTION doctors_of(bigint) IS 'The doctors of a patient''s future appointments and live waitlist entries.';
