-- A slot is free if it is on the doctor's grid, inside the booking window, not taken or time off, and the doctor is below the cap.
CREATE OR REPLACE FUNCTION free_slots(
    p_doctor integer, p_from timestamptz, p_to timestamptz, at_ timestamptz DEFAULT now()
) RETURNS TABLE (starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s, s + g.length
    FROM doctor AS d
    CROSS JOIN LATERAL (
        SELECT
            make_interval(mins => d.slot_minutes) AS length,
            make_interval(mins => d.slot_minutes + d.buffer_minutes) AS step,
            (greatest(p_from, at_) AT TIME ZONE d.timezone)::date AS first_day,
            (least(p_to, at_ + interval '360 hours') AT TIME ZONE d.timezone)::date AS last_day
    ) AS g
    CROSS JOIN LATERAL generate_series(g.first_day::timestamp, g.last_day::timestamp, interval '1 day') AS day
    INNER JOIN working_hours AS w ON w.doctor_id = d.account_id AND w.weekday = extract(isodow FROM day)
    CROSS JOIN LATERAL working_interval(w, d.timezone, day::date) AS i
    CROSS JOIN LATERAL generate_series(i.starts_at, i.ends_at - g.length, g.step) AS s
    WHERE d.account_id = p_doctor
        AND s >= p_from AND s < p_to
        AND appointment_booking_window(s, at_) IS NULL
        AND slot_fits(i, d.timezone, s, s + g.length)
        AND NOT is_time_off(p_doctor, tstzrange(s, s + g.length))
        AND appointment_doctor_cap(active_appointments(p_doctor, at_), d) IS NULL
        AND NOT EXISTS (
            SELECT FROM appointment AS a
            WHERE a.doctor_id = p_doctor AND a.status IN ('offered', 'pending', 'confirmed')
                AND a.during && tstzrange(s, s + g.length)
                AND appointment_is_active(a.status, a.hold_expires_at, upper(a.during), at_)
        )
    ORDER BY s
$$;
COMMENT ON FUNCTION free_slots(integer, timestamptz, timestamptz, timestamptz) IS
'The slots of a doctor that start in [from, to) and could be booked at an instant (default: now), in order.';
REVOKE EXECUTE ON FUNCTION free_slots(integer, timestamptz, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION free_slots(integer, timestamptz, timestamptz, timestamptz)
TO booking_app, booking_admin, booking_auditor;
