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
        -- the first step at or after p_from
        i.starts_at + g.step * greatest(0, ceil(extract(epoch FROM p_from - i.starts_at) / g.step_seconds))::float8,
        i.ends_at - g.length,
        g.step
    ) AS s
    WHERE s < p_to AND slot_fits(i, zone, s, s + g.length)
$$;
COMMENT ON FUNCTION interval_slots(working_span, text, integer, integer, timestamptz, timestamptz) IS
'The slots of an interval that start in [from, to), in order.';
