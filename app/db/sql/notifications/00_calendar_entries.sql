CREATE OR REPLACE FUNCTION calendar_entries(p_appointments bigint[]) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'uid', calendar_uid, 'version', version, 'starts_at', lower(during), 'ends_at', upper(during)
    ) ORDER BY lower(during)), '[]')
    FROM appointment
    -- one that keeps the end of a hold was never confirmed, so no calendar knows of it
    WHERE id = ANY (p_appointments) AND status IN ('confirmed', 'canceled') AND hold_expires_at IS NULL
$$;
COMMENT ON FUNCTION calendar_entries(bigint[]) IS 'Appointments as calendars know them, in order; none that was never confirmed.';
GRANT EXECUTE ON FUNCTION calendar_entries(bigint[]) TO booking_app;
