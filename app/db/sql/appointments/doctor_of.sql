CREATE OR REPLACE FUNCTION doctor_of(p_appointment integer) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT doctor_id FROM appointment WHERE id = p_appointment
$$;
COMMENT ON FUNCTION doctor_of(integer) IS 'An appointment''s doctor.';
