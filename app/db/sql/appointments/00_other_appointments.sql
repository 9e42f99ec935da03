-- One look at the active rows around an appointment answers every rule that counts or compares them.
DO $$
BEGIN
    CREATE TYPE other_appointments AS (active integer, holds integer, seats integer, stale boolean, clash boolean);
EXCEPTION WHEN duplicate_object THEN
    NULL; -- replayed
END
$$;
COMMENT ON TYPE other_appointments IS
'Of other rows that hold a seat: how many are active, how many are unpaid holds, which seats (as bits), any lapsed, any in the way.';

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
'One look at the doctor''s other rows that hold a seat.';

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
'One look at the patient''s other rows that hold a seat; the seats themselves are their doctors'' matter.';
