-- Working hours are local: on a day when the clocks change, an interval is as long as it really is.
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
