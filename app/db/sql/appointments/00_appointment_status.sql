-- A lapsed hold counts as expired and a finished visit as completed from that instant, even before a sweep writes it.
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
'The effective status at an instant: the API shows it, and the sweep writes it.';

-- A view reads tables with its owner's rights but calls functions with the reader's.
GRANT EXECUTE ON FUNCTION appointment_status(text, timestamptz, timestamptz, timestamptz)
TO booking_app, booking_admin, booking_auditor;
