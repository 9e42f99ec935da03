-- Working hours are local: on a day when the clocks change, an interval is as long as it really is.
DO $$
BEGIN
    CREATE TYPE working_span AS (
        starts_at timestamptz, ends_at timestamptz, local_start timestamp, local_end timestamp
    );
EXCEPTION WHEN duplicate_object THEN
    NULL; -- replayed
END
$$;
COMMENT ON TYPE working_span IS 'An interval of working hours on one day, as instants and as the doctor''s clock shows it.';

CREATE OR REPLACE FUNCTION working_interval(start_minute integer, end_minute integer, zone text, day date) RETURNS working_span
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (
        (day + make_interval(mins => start_minute)) AT TIME ZONE zone,
        (day + make_interval(mins => end_minute)) AT TIME ZONE zone,
        day + make_interval(mins => start_minute),
        day + make_interval(mins => end_minute)
    )::working_span
$$;
COMMENT ON FUNCTION working_interval(integer, integer, text, date) IS
'Where an interval of working hours lies on one day in a zone. Slots step through it in elapsed time.';

CREATE OR REPLACE FUNCTION slot_fits(i working_span, zone text, starts_at timestamptz, ends_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT starts_at >= i.starts_at AND ends_at <= i.ends_at
        -- what a change of clocks pushed out of the interval is not worked;
        -- the last millisecond, because the end itself may already read as the next hour
        AND starts_at AT TIME ZONE zone >= i.local_start
        AND (ends_at - interval '1 ms') AT TIME ZONE zone < i.local_end
$$;
COMMENT ON FUNCTION slot_fits(working_span, text, timestamptz, timestamptz) IS
'Whether a slot lies within an interval of working hours, by the instants and by the doctor''s clock.';

CREATE OR REPLACE FUNCTION interval_slots(
    i working_span, zone text, slot_minutes integer, buffer_minutes integer, p_from timestamptz, p_to timestamptz
) RETURNS TABLE (starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT s, s + g.length
    FROM (
        SELECT
            make_interval(mins => slot_minutes) AS length,
            make_interval(mins => slot_minutes + buffer_minutes) AS step,
            (slot_minutes + buffer_minutes) * 60 AS step_seconds
    ) AS g
    CROSS JOIN LATERAL generate_series(
        -- the first step that is not before p_from
        i.starts_at + g.step * greatest(0, ceil(extract(epoch FROM p_from - i.starts_at) / g.step_seconds))::float8,
        i.ends_at - g.length,
        g.step
    ) AS s
    WHERE s < p_to AND slot_fits(i, zone, s, s + g.length)
$$;
COMMENT ON FUNCTION interval_slots(working_span, text, integer, integer, timestamptz, timestamptz) IS
'The slots of one interval that start in [from, to), in order.';
