CREATE OR REPLACE FUNCTION is_taken(p_doctor bigint, slot tstzrange, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT is_time_off(p_doctor, slot) OR EXISTS (
        SELECT FROM appointment AS a
        WHERE a.doctor_id = p_doctor AND a.status IN ('offered', 'pending', 'confirmed') AND a.during && slot
            AND appointment_is_active(a.status, a.hold_expires_at, upper(a.during), at_)
    )
$$;
COMMENT ON FUNCTION is_taken(bigint, tstzrange, timestamptz) IS
'Whether a range overlaps a doctor''s time off or an appointment that is active at an instant.';
