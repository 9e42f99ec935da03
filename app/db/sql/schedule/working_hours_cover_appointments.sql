-- A change of hours or time zone leaves no appointment outside the working hours: cancel such appointments in the same transaction.
CREATE OR REPLACE FUNCTION working_hours_cover_appointments(d doctor, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format('Appointments outside the working hours: %s, the first at %s. Cancel or move them first.', count(*), utc_text(min(lower(during))))
    FROM stranded_appointments(d, at_)
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION working_hours_cover_appointments(doctor, timestamptz) IS
'A change of hours leaves no appointment outside them. Returns why a doctor''s hours break the rule at an instant, or NULL.';
