CREATE OR REPLACE FUNCTION other_appointments_of_patient(a appointment, at_ timestamptz) RETURNS other_appointments
LANGUAGE sql STABLE AS $$
    SELECT
        count(*) FILTER (WHERE is_active)::integer,
        count(*) FILTER (WHERE is_active AND status = 'pending')::integer,
        0,
        coalesce(bool_or(NOT is_active), false),
        coalesce(bool_or(is_active AND during && a.during), false)
    FROM (
        SELECT status, during, appointment_is_active(status, hold_expires_at, upper(during), at_) AS is_active
        FROM appointment
        WHERE patient_id = a.patient_id AND seat IS NOT NULL AND id IS DISTINCT FROM a.id
    ) AS o
$$;
COMMENT ON FUNCTION other_appointments_of_patient(appointment, timestamptz) IS
'The patient''s other rows that hold a seat, in one query. Leaves out the seats, which belong to several doctors.';
