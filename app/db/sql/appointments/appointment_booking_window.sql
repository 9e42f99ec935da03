-- An appointment starts in the future and at most 360 hours (15 days) ahead.
CREATE OR REPLACE FUNCTION appointment_booking_window(starts_at timestamptz, at_ timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN starts_at <= at_ THEN 'An appointment must start in the future.'
        -- hours, because the length of a day depends on the session's time zone
        WHEN starts_at > at_ + interval '360 hours' THEN 'Appointments can be booked at most 15 days (360 hours) ahead.'
    END
$$;
COMMENT ON FUNCTION appointment_booking_window(timestamptz, timestamptz) IS
'An appointment starts in the future and at most 360 hours (15 days) ahead. Returns why a start breaks the rule at an instant, or NULL.';
