CREATE OR REPLACE FUNCTION appointment_is_active(
    status text, hold_expires_at timestamptz, ends_at timestamptz, at_ timestamptz
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT appointment_status(status, hold_expires_at, ends_at, at_) IN ('offered', 'pending', 'confirmed')
$$;
COMMENT ON FUNCTION appointment_is_active(text, timestamptz, timestamptz, timestamptz) IS
'Whether an appointment occupies its slot and one of its doctor''s seats at an instant.';
