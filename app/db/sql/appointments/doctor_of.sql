CREATE OR REPLACE FUNCTION doctor_of(p_appointment bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT doctor_id FROM appointment WHERE id = p_appointment
$$;
COMMENT ON FUNCTION doctor_of(bigint) IS 'The doctor of an appointment.';
