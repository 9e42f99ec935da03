-- What to take instead: the free slots nearest to a wish.
CREATE OR REPLACE FUNCTION nearest_free_slots(p_doctor integer, p_start timestamptz, p_limit integer)
RETURNS TABLE (starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT starts_at, ends_at FROM (
        SELECT starts_at, ends_at FROM free_slots(p_doctor, '-infinity', 'infinity')
        -- seconds, because an interval between far-off instants is out of range
        ORDER BY abs(extract(epoch FROM starts_at) - extract(epoch FROM p_start)), starts_at
        LIMIT p_limit
    ) AS nearest
    ORDER BY starts_at
$$;
COMMENT ON FUNCTION nearest_free_slots(integer, timestamptz, integer) IS
'Up to so many free slots of a doctor, nearest to an instant, in order of time.';
REVOKE EXECUTE ON FUNCTION nearest_free_slots(integer, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION nearest_free_slots(integer, timestamptz, integer) TO booking_app;
