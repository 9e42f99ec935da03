-- The earliest free slots of many doctors: candidates of a stretch of time, in order, are looked at until enough are free.
CREATE OR REPLACE FUNCTION search_free_slots(
    p_specialty text, p_from timestamptz, p_to timestamptz, p_limit integer
) RETURNS TABLE (doctor integer, starts_at timestamptz, ends_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    at_ timestamptz := now();
    from_ timestamptz := greatest(p_from, at_);
    to_ timestamptz := least(p_to, at_ + interval '361 hours');
    stretch interval := interval '1 hour';
    missing integer := p_limit;
    found_ integer;
BEGIN
    WHILE missing > 0 AND from_ < to_ LOOP
        RETURN QUERY
        SELECT c.doctor, c.starts_at, c.ends_at
        FROM (
            SELECT d AS who, d.account_id AS doctor, g.starts_at, g.ends_at
            FROM doctor AS d
            CROSS JOIN LATERAL grid_slots(d, from_, least(from_ + stretch, to_)) AS g
            WHERE p_specialty IS NULL OR lower(d.specialty) = lower(p_specialty)
            ORDER BY g.starts_at, d.account_id
            OFFSET 0 -- keeps the costly looks below out of the sort: they stop at the limit
        ) AS c
        WHERE appointment_booking_window(c.starts_at, at_) IS NULL
            AND NOT is_taken(c.doctor, tstzrange(c.starts_at, c.ends_at), at_)
            AND appointment_doctor_cap(active_appointments(c.doctor, at_), c.who) IS NULL
        ORDER BY c.starts_at, c.doctor
        LIMIT missing;
        GET DIAGNOSTICS found_ = ROW_COUNT;
        missing := missing - found_;
        from_ := from_ + stretch;
        stretch := stretch * 2;
    END LOOP;
END
$$;
COMMENT ON FUNCTION search_free_slots(text, timestamptz, timestamptz, integer) IS
'The earliest free slots that start in [from, to) of all doctors, or of a specialty in any case, up to a number.';
REVOKE EXECUTE ON FUNCTION search_free_slots(text, timestamptz, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_free_slots(text, timestamptz, timestamptz, integer) TO booking_app, booking_admin;
