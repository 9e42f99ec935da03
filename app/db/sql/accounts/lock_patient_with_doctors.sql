CREATE OR REPLACE FUNCTION lock_patient_with_doctors(p_patient bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    doctors bigint ARRAY := doctors_of(p_patient);
BEGIN
    PERFORM FROM doctor WHERE account_id = ANY (doctors) ORDER BY account_id FOR NO KEY UPDATE;
    UPDATE patient SET booking_seq = booking_seq + 1 WHERE account_id = p_patient;
    IF NOT doctors_of(p_patient) <@ doctors THEN
        -- whom they have booked meanwhile would now be locked out of turn
        RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'This patient has just booked; try again.';
    END IF;
END
$$;
COMMENT ON FUNCTION lock_patient_with_doctors(bigint) IS
'Locks the doctors with whom a patient has something ahead, in order, and then the patient, who so books nothing more.';

CREATE OR REPLACE FUNCTION doctors_of(p_patient bigint) RETURNS bigint[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(DISTINCT doctor_id), '{}')
    FROM (SELECT doctor_id FROM upcoming_appointments(p_patient) UNION ALL SELECT doctor_id FROM live_entries(p_patient)) AS ahead
$$;
COMMENT ON FUNCTION doctors_of(bigint) IS 'The doctors with whom a patient has an appointment ahead, or for whom they wait.';
