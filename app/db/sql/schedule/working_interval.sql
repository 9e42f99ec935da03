-- Working hours are local times. On days when the clocks change, an interval has its real length.
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
'An interval of working hours on one day in a time zone, as instants and local times. Slots divide it in elapsed time.';
