-- Time off never covers an appointment that a patient holds: cancel or move it first, or in the same transaction.
CREATE OR REPLACE FUNCTION time_off_no_appointment(t time_off, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format('Appointments at that time: %s, the first at %s. Cancel or move them first.', count(*), utc_text(min(lower(during))))
    FROM held_appointments(t.doctor_id, at_)
    WHERE during && t.during
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION time_off_no_appointment(time_off, timestamptz) IS
'Time off never covers an appointment that a patient holds. Returns why time off breaks the rule at an instant, or NULL.';
