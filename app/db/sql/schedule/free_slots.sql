-- A slot is free if it is on the doctor's grid, inside the booking window, and neither taken, reserved for the waitlist nor time
-- off. The doctor must be verified and below the cap.
CREATE OR REPLACE FUNCTION free_slots(
    p_doctor bigint, p_from timestamptz, p_to timestamptz, at_ timestamptz DEFAULT now()
) RETURNS TABLE (starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT u.starts_at, u.ends_at
    FROM (
        SELECT d, reserved_slots(account_id, at_) AS owed FROM doctor AS d
        WHERE account_id = p_doctor
        OFFSET 0 -- evaluated once, not for each slot
    ) AS o
    CROSS JOIN policy AS p
    CROSS JOIN LATERAL untaken_slots(o.d, p_from, p_to, at_) AS u
    WHERE is_verified(o.d, p)
        AND appointment_doctor_cap(active_appointments(p_doctor, at_) + cardinality(o.owed), o.d) IS NULL
        AND (cardinality(o.owed) = 0 OR NOT tstzrange(u.starts_at, u.ends_at) && ANY (o.owed))
    ORDER BY u.starts_at
$$;
COMMENT ON FUNCTION free_slots(bigint, timestamptz, timestamptz, timestamptz) IS
'The slots of a doctor that start in [from, to) and can be booked at an instant (default: now), in order.';
REVOKE EXECUTE ON FUNCTION free_slots(bigint, timestamptz, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION free_slots(bigint, timestamptz, timestamptz, timestamptz)
TO booking_app, booking_admin, booking_auditor;

CREATE OR REPLACE FUNCTION untaken_slots(d doctor, p_from timestamptz, p_to timestamptz, at_ timestamptz)
RETURNS TABLE (starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT g.starts_at, g.ends_at
    FROM grid_slots(d, greatest(p_from, at_), least(p_to, at_ + interval '361 hours')) AS g
    WHERE appointment_booking_window(g.starts_at, at_) IS NULL
        AND NOT is_taken(d.account_id, tstzrange(g.starts_at, g.ends_at), at_)
$$;
COMMENT ON FUNCTION untaken_slots(doctor, timestamptz, timestamptz, timestamptz) IS
'The slots of a doctor inside the booking window that start in [from, to) and are not taken at an instant, in no order.';

CREATE OR REPLACE FUNCTION grid_slots(d doctor, p_from timestamptz, p_to timestamptz)
RETURNS TABLE (starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT s.starts_at, s.ends_at
    FROM generate_series(
        (p_from AT TIME ZONE d.timezone)::date::timestamp, (p_to AT TIME ZONE d.timezone)::date::timestamp, interval '1 day'
    ) AS day
    INNER JOIN working_hours AS w ON w.doctor_id = d.account_id AND w.weekday = extract(isodow FROM day)
    CROSS JOIN LATERAL working_interval(w.start_minute, w.end_minute, d.timezone, day::date) AS i
    CROSS JOIN LATERAL interval_slots(i, d.timezone, d.slot_minutes, d.buffer_minutes, p_from, p_to) AS s
$$;
COMMENT ON FUNCTION grid_slots(doctor, timestamptz, timestamptz) IS
'The slots of a doctor''s working hours that start in [from, to), taken or not, in no order.';
