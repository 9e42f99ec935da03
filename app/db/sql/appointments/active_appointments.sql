CREATE OR REPLACE FUNCTION active_appointments(p_doctor bigint, at_ timestamptz) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT count(*)::integer FROM appointment
    WHERE doctor_id = p_doctor AND seat IS NOT NULL
        AND appointment_is_active(status, hold_expires_at, upper(during), at_)
$$;
COMMENT ON FUNCTION active_appointments(bigint, timestamptz) IS 'The number of a doctor''s active appointments at an instant.';
