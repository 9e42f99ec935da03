CREATE OR REPLACE FUNCTION held_appointments(p_doctor bigint, at_ timestamptz) RETURNS SETOF appointment
LANGUAGE sql STABLE AS $$
    SELECT * FROM appointment
    WHERE doctor_id = p_doctor AND status IN ('pending', 'confirmed') AND lower(during) > at_
        AND appointment_is_active(status, hold_expires_at, upper(during), at_)
$$;
COMMENT ON FUNCTION held_appointments(bigint, timestamptz) IS
'A doctor''s appointments with a patient that start after an instant.';
