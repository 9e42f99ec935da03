CREATE OR REPLACE FUNCTION upcoming_appointments(p_patient bigint) RETURNS SETOF appointment
LANGUAGE sql STABLE AS $$
    SELECT * FROM appointment
    WHERE patient_id = p_patient AND status IN ('pending', 'confirmed') AND lower(during) > clock_timestamp()
        AND appointment_is_active(status, hold_expires_at, upper(during), clock_timestamp())
    ORDER BY id
$$;
COMMENT ON FUNCTION upcoming_appointments(bigint) IS 'The appointments of a patient that have not started.';
