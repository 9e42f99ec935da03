-- An appointment is exactly one slot of the doctor's working hours, outside time off.
CREATE OR REPLACE FUNCTION appointment_within_working_hours(d doctor, slot tstzrange) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        -- a sum, not a difference, of which PostgreSQL before 17 knows none for what has no end
        WHEN lower(slot) + make_interval(mins => d.slot_minutes) <> upper(slot)
            THEN format('An appointment with this doctor takes exactly %s minutes.', d.slot_minutes)
        WHEN NOT EXISTS (
            SELECT FROM working_hours AS w,
                working_interval(w.start_minute, w.end_minute, d.timezone, (lower(slot) AT TIME ZONE d.timezone)::date) AS i
            WHERE w.doctor_id = d.account_id
                AND w.weekday = extract(isodow FROM lower(slot) AT TIME ZONE d.timezone)
                AND slot_fits(i, d.timezone, lower(slot), upper(slot))
                -- on the grid: a whole number of steps after the interval's start
                AND mod(extract(epoch FROM lower(slot) - i.starts_at), (d.slot_minutes + d.buffer_minutes) * 60) = 0
        ) THEN format('This is not one of the doctor''s slots (times of %s).', d.timezone)
        WHEN is_time_off(d.account_id, slot) THEN 'The doctor is away at that time.'
    END
$$;

COMMENT ON FUNCTION appointment_within_working_hours(doctor, tstzrange) IS
'An appointment is exactly one slot of the doctor''s working hours, outside time off. Why a time is no slot of this doctor; NULL: it is one. Costs the same whatever the length of the working day.';
