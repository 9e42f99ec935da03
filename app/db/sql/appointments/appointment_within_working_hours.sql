-- An appointment is exactly one slot of the doctor's working hours, outside time off.
CREATE OR REPLACE FUNCTION appointment_within_working_hours(d doctor, slot tstzrange) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        -- a sum, because before version 17 PostgreSQL cannot subtract infinite timestamps
        WHEN lower(slot) + make_interval(mins => d.slot_minutes) <> upper(slot)
            THEN format('An appointment with this doctor takes exactly %s minutes.', d.slot_minutes)
        WHEN NOT EXISTS (
            SELECT FROM working_hours AS w,
                working_interval(w.start_minute, w.end_minute, d.timezone, (lower(slot) AT TIME ZONE d.timezone)::date) AS i
            WHERE w.doctor_id = d.account_id
                AND w.weekday = extract(isodow FROM lower(slot) AT TIME ZONE d.timezone)
                AND slot_fits(i, d.timezone, lower(slot), upper(slot))
                -- on the grid: a whole number of steps after the start of the interval
                AND mod(extract(epoch FROM lower(slot) - i.starts_at), (d.slot_minutes + d.buffer_minutes) * 60) = 0
        ) THEN format('This is not one of the doctor''s slots (time zone %s).', d.timezone)
        WHEN is_time_off(d.account_id, slot) THEN 'The doctor is away at that time.'
    END
$$;

COMMENT ON FUNCTION appointment_within_working_hours(doctor, tstzrange) IS
'An appointment is exactly one slot of the doctor''s working hours, outside time off. Returns why a range is not a slot of this doctor, or NULL. The cost does not depend on the length of the working day.';
