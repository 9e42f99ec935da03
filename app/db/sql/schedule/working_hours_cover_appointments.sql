-- A change of hours or of zone never leaves an appointment outside the hours: cancel it in the same transaction, or keep them.
CREATE OR REPLACE FUNCTION stranded_appointments(d doctor, at_ timestamptz) RETURNS SETOF appointment
LANGUAGE sql STABLE AS $$
    SELECT a.* FROM held_appointments(d.account_id, at_) AS a
    WHERE NOT EXISTS (
        SELECT FROM working_hours AS w,
            working_interval(w.start_minute, w.end_minute, d.timezone, (lower(a.during) AT TIME ZONE d.timezone)::date) AS i
        WHERE w.doctor_id = d.account_id
            AND w.weekday = extract(isodow FROM lower(a.during) AT TIME ZONE d.timezone)
            -- within the hours; on the grid it need not be, for it may outlive a change of slot length
            AND slot_fits(i, d.timezone, lower(a.during), upper(a.during))
    )
$$;
COMMENT ON FUNCTION stranded_appointments(doctor, timestamptz) IS
'A doctor''s future appointments at whose time the doctor does not work.';

CREATE OR REPLACE FUNCTION working_hours_cover_appointments(d doctor, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format('Appointments outside the working hours: %s, the first at %s.', count(*), utc_text(min(lower(during))))
    FROM stranded_appointments(d, at_)
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION working_hours_cover_appointments(doctor, timestamptz) IS
'A change of hours leaves no appointment outside them. Why a doctor''s hours cannot be as they are, seen from an instant; NULL: they can.';
