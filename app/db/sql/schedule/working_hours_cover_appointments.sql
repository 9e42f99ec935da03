-- A change of hours or of zone never leaves an appointment outside the hours: cancel it in the same transaction, or keep them.
CREATE OR REPLACE FUNCTION working_hours_cover_appointments(d doctor, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format('Appointments outside the working hours: %s, the first at %s.', count(*), utc_text(min(lower(during))))
    FROM stranded_appointments(d, at_)
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION working_hours_cover_appointments(doctor, timestamptz) IS
'A change of hours leaves no appointment outside them. Why a doctor''s hours cannot be as they are, seen from an instant; NULL: they can.';
