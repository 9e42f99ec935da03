-- A lapsed hold is expired and a finished visit completed from that instant on, whether or not a sweep has written it.
CREATE OR REPLACE FUNCTION appointment_status(
    status text, hold_expires_at timestamptz, ends_at timestamptz, at_ timestamptz
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN status = 'pending' AND hold_expires_at <= at_ THEN 'expired'
        WHEN status = 'confirmed' AND ends_at <= at_ THEN 'completed'
        WHEN status = 'offered' AND ends_at <= at_ THEN 'released'
        ELSE status
    END
$$;
COMMENT ON FUNCTION appointment_status(text, timestamptz, timestamptz, timestamptz) IS
'The status that counts at an instant: what the API shows, and what the sweep will write.';

-- A view's tables are read with its owner's rights, but its functions are called with the reader's.
GRANT EXECUTE ON FUNCTION appointment_status(text, timestamptz, timestamptz, timestamptz)
TO booking_app, booking_admin, booking_auditor;
