CREATE OR REPLACE FUNCTION stranded_appointments(d doctor, at_ timestamptz) RETURNS SETOF appointment
LANGUAGE sql STABLE AS $$
    SELECT a.* FROM held_appointments(d.account_id, at_) AS a
    WHERE NOT EXISTS (
        SELECT FROM working_hours AS w,
            working_interval(w.start_minute, w.end_minute, d.timezone, (lower(a.during) AT TIME ZONE d.timezone)::date) AS i
        WHERE w.doctor_id = d.account_id
            AND w.weekday = extract(isodow FROM lower(a.during) AT TIME ZONE d.timezone)
            -- within the hours, but not necessarily on the grid: appointments outlive changes of the slot length
            AND slot_fits(i, d.timezone, lower(a.during), upper(a.during))
    )
$$;
COMMENT ON FUNCTION stranded_appointments(doctor, timestamptz) IS
'A doctor''s future appointments outside the working hours.';
