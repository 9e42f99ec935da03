CREATE OR REPLACE FUNCTION calendar_entries(p_appointments bigint[]) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'uid', calendar_uid, 'version', version, 'starts_at', lower(during), 'ends_at', upper(during)
    ) ORDER BY lower(during)), '[]')
    FROM appointment
    -- a canceled appointment that keeps the end of its hold was never confirmed, so it is in no calendar
    WHERE id = ANY (p_appointments) AND status IN ('confirmed', 'canceled') AND hold_expires_at IS NULL
$$;
COMMENT ON FUNCTION calendar_entries(bigint[]) IS 'The calendar data of appointments, in order of time, without those that were never confirmed.';
GRANT EXECUTE ON FUNCTION calendar_entries(bigint[]) TO booking_app;
