CREATE OR REPLACE FUNCTION is_time_off(p_doctor bigint, slot tstzrange) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM time_off WHERE doctor_id = p_doctor AND during && slot)
$$;
COMMENT ON FUNCTION is_time_off(bigint, tstzrange) IS 'Whether a range overlaps a doctor''s time off.';
