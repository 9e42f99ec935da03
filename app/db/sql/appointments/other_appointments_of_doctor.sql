CREATE OR REPLACE FUNCTION other_appointments_of_doctor(a appointment, at_ timestamptz) RETURNS other_appointments
LANGUAGE sql STABLE AS $$
    SELECT
        count(*) FILTER (WHERE is_active)::integer,
        count(*) FILTER (WHERE is_active AND status = 'pending')::integer,
        coalesce(bit_or(1 << seat), 0),
        coalesce(bool_or(NOT is_active), false),
        coalesce(bool_or(is_active AND during && a.during), false)
    FROM (
        SELECT status, seat, during, appointment_is_active(status, hold_expires_at, upper(during), at_) AS is_active
        FROM appointment
        WHERE doctor_id = a.doctor_id AND seat IS NOT NULL AND id IS DISTINCT FROM a.id
    ) AS o
$$;
COMMENT ON FUNCTION other_appointments_of_doctor(appointment, timestamptz) IS
'The doctor''s other rows that hold a seat, in one query.';
