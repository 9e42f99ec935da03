CREATE OR REPLACE FUNCTION slot_fits(i working_span, zone text, starts_at timestamptz, ends_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT starts_at >= i.starts_at AND ends_at <= i.ends_at
        -- a slot that a clock change moves out of the interval is not worked;
        -- compares the last millisecond, because the local time of the end may already be the next hour
        AND starts_at AT TIME ZONE zone >= i.local_start
        AND (ends_at - interval '1 ms') AT TIME ZONE zone < i.local_end
$$;
COMMENT ON FUNCTION slot_fits(working_span, text, timestamptz, timestamptz) IS
'Whether a slot lies within an interval of working hours, by instants and by local time.';
