-- Finds the earliest free slots of many doctors, day by day, until there are enough.
CREATE OR REPLACE FUNCTION search_free_slots(
    p_specialty text, p_from timestamptz, p_to timestamptz, p_limit integer,
    p_after timestamptz DEFAULT '-infinity', p_after_doctor bigint DEFAULT 0
) RETURNS TABLE (doctor bigint, starts_at timestamptz, ends_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    at_ timestamptz := now();
    from_ timestamptz := greatest(p_from, p_after, at_);
    to_ timestamptz := least(p_to, at_ + interval '361 hours');
    until_ timestamptz;
    bookable doctors_with_same_grid[] := doctors_below_cap(p_specialty, at_);
    missing integer := p_limit;
    looked_at bigint[] := ARRAY[]::bigint[];
    kept tstzrange[] := ARRAY[]::tstzrange[]; -- reserved for the waitlists of the doctors seen so far,
    kept_by bigint[] := ARRAY[]::bigint[]; -- with the doctor of each
    theirs tstzrange[];
BEGIN
    IF cardinality(bookable) = 0 THEN
        RETURN;
    END IF;
    WHILE missing > 0 AND from_ < to_ LOOP
        until_ := least(from_ + interval '24 hours', to_);
        FOR doctor, starts_at, ends_at IN
        SELECT c.doctor, c.starts_at, c.ends_at
        FROM (
            SELECT u.doctor, s.starts_at, s.ends_at
            FROM (
                SELECT h.doctors, s.starts_at, s.ends_at
                FROM shared_hours(bookable, from_) AS h
                CROSS JOIN LATERAL working_interval(h.start_minute, h.end_minute, h.zone, h.day) AS i
                CROSS JOIN LATERAL interval_slots(i, h.zone, h.slot_minutes, h.buffer_minutes, from_, until_) AS s
                ORDER BY s.starts_at
            ) AS s
            CROSS JOIN LATERAL unnest(s.doctors) AS u (doctor)
            ORDER BY s.starts_at, u.doctor
            OFFSET 0 -- keeps the expensive condition below out of the sort, so that it stops when there are enough
        ) AS c
        WHERE (c.starts_at, c.doctor) > (p_after, p_after_doctor)
            AND appointment_booking_window(c.starts_at, at_) IS NULL
            AND NOT is_taken(c.doctor, tstzrange(c.starts_at, c.ends_at), at_)
        ORDER BY c.starts_at, c.doctor
        LOOP
            IF doctor <> ALL (looked_at) THEN -- reading a waitlist costs more than reading all of a doctor's slots
                theirs := reserved_times(doctor, at_);
                looked_at := looked_at || doctor;
                kept := kept || theirs;
                kept_by := kept_by || array_fill(doctor, ARRAY[cardinality(theirs)]);
            END IF;
            CONTINUE WHEN EXISTS (
                SELECT FROM unnest(kept, kept_by) AS k (slot, by_)
                WHERE k.by_ = doctor AND k.slot && tstzrange(starts_at, ends_at)
            );
            RETURN NEXT;
            missing := missing - 1;
            EXIT WHEN missing = 0;
        END LOOP;
        from_ := until_;
    END LOOP;
END
$$;
COMMENT ON FUNCTION search_free_slots(text, timestamptz, timestamptz, integer, timestamptz, bigint) IS
'The earliest free slots of all doctors, or of a specialty (ignoring case), that start in [from, to), up to a number, after a start and doctor if given.';
REVOKE EXECUTE ON FUNCTION search_free_slots(text, timestamptz, timestamptz, integer, timestamptz, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_free_slots(text, timestamptz, timestamptz, integer, timestamptz, bigint) TO booking_app, booking_admin;

-- Planned for each call, because one plan for calls with and without a specialty could not use the index.
CREATE OR REPLACE FUNCTION doctors_below_cap(p_specialty text, at_ timestamptz) RETURNS doctors_with_same_grid[]
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN ARRAY(
        SELECT (d.timezone, d.slot_minutes, d.buffer_minutes, array_agg(d.account_id))::doctors_with_same_grid
        FROM doctor AS d
        CROSS JOIN policy AS p
        WHERE (p_specialty IS NULL OR lower(d.specialty) = lower(p_specialty))
            AND is_verified(d, p)
            AND CASE
                -- a full doctor has a taken seat at or above the cap, so most doctors do not need the more expensive count
                WHEN d.max_appointments = 0 OR EXISTS (SELECT FROM appointment WHERE doctor_id = d.account_id AND seat >= d.max_appointments)
                    THEN appointment_doctor_cap(active_appointments(d.account_id, at_), d) IS NULL
                ELSE true
            END
        GROUP BY d.timezone, d.slot_minutes, d.buffer_minutes
    );
END
$$;
COMMENT ON FUNCTION doctors_below_cap(text, timestamptz) IS
'The doctors, all or of a specialty (ignoring case), who accept appointments and are below their cap at an instant.';

-- Many doctors share working hours and steps, so their grid is computed once. One index lookup a day covers all doctors: it
-- reads only what they need, with the same plan for ten doctors or ten thousand.
CREATE OR REPLACE FUNCTION shared_hours(p_doctors doctors_with_same_grid[], p_from timestamptz)
RETURNS TABLE (
    zone text, day date, start_minute integer, end_minute integer, slot_minutes integer, buffer_minutes integer, doctors bigint ARRAY
)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT d.zone, z.day, w.start_minute::integer, w.end_minute::integer, d.slot_minutes, d.buffer_minutes, w.doctors
    FROM unnest(p_doctors) AS d
    CROSS JOIN LATERAL (
        SELECT (p_from AT TIME ZONE d.zone)::date + ahead.n AS day
        FROM (VALUES (0), (1), (2)) AS ahead (n) -- 24 hours from 23:30 reach the day after next when clocks go forward
        WHERE (p_from AT TIME ZONE d.zone)::date + ahead.n <= ((p_from + interval '24 hours') AT TIME ZONE d.zone)::date
    ) AS z
    CROSS JOIN LATERAL (
        SELECT h.start_minute, h.end_minute, array_agg(h.doctor_id) AS doctors
        FROM working_hours AS h
        WHERE h.weekday = extract(isodow FROM z.day)::smallint AND h.doctor_id = ANY (d.doctors)
        GROUP BY h.start_minute, h.end_minute
    ) AS w;
END
$$;
COMMENT ON FUNCTION shared_hours(doctors_with_same_grid[], timestamptz) IS
'The intervals of working hours on the days of the 24 hours after an instant, each with its step and the doctors who share it.';
